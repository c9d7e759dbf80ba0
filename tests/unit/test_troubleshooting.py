# SPDX-License-Identifier: Apache-2.0
"""docs/troubleshooting.md has the messages that users see."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text()
ROWS = [line.split(" | ")[0][2:] for line in PAGE.splitlines() if line.startswith("| `")]
MESSAGES = [re.sub(r"` … `", "…", row).strip("`") for row in ROWS]
# A shorter piece occurs anywhere.
MIN_PIECE = 12
OF_FLINK = {"Unsupported options found for"}


def texts(*patterns: str) -> str:
    """Returns sources in which the pieces of each text are joined."""
    files = sorted(file for pattern in patterns for file in ROOT.glob(pattern))
    joined = []
    for file in files:
        if file == Path(__file__):
            continue
        text = file.read_text(encoding="utf-8", errors="replace")
        text = re.sub(r'"\s*\+\s*"|"\n\s*[fr]?"', "", text)
        joined.append(text.replace('\\"', '"'))
    return "\n".join(joined)


SOURCES = texts("java/src/main/**/*.java", "pyflink_ml_embedded/**/*.py", "native/*.c")
TESTS = texts("java/src/test/**/*.java", "tests/**/*.py")


def pieces(message: str) -> list[str]:
    """Returns the parts of a message that are always the same."""
    return [piece.strip() for piece in message.split("…") if len(piece.strip()) >= MIN_PIECE]


def test_the_page_has_messages() -> None:
    """The other tests would pass for an empty page."""
    assert len(MESSAGES) > 50
    assert all(pieces(message) for message in set(MESSAGES) - SHORT.keys())


# Messages whose fixed parts are short, and a test that asserts each of them.
SHORT = {
    "expected …, got …": "tests/native/test_results.py",
}


@pytest.mark.parametrize("message", sorted(set(MESSAGES) - SHORT.keys() - OF_FLINK))
def test_message_is_that_of_the_code(message: str) -> None:
    """Whoever searches for a message finds it only if it is the same."""
    assert [piece for piece in pieces(message) if piece not in SOURCES] == []


@pytest.mark.parametrize("message", sorted(set(MESSAGES) - SHORT.keys()))
def test_message_is_produced_by_a_test(message: str) -> None:
    """A message that nothing produces is one that no user sees."""
    assert any(piece in TESTS for piece in pieces(message))


@pytest.mark.parametrize("message", SHORT)
def test_short_message_is_produced_by_a_test(message: str) -> None:
    """The parts of these messages occur in order in one line of a test."""
    pattern = ".*".join(re.escape(part) for part in message.split("…"))
    assert re.search(pattern, (ROOT / SHORT[message]).read_text())


def test_messages_are_sorted() -> None:
    """A reader with a message in hand looks it up."""
    for table in re.findall(r"(?:^\| `.*\n)+", PAGE, re.M):
        first = [re.sub(r"\W", "", line.split(" | ")[0]).lower() for line in table.splitlines()]
        assert first == sorted(first)
