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
# Not in the sources.
OF_FLINK = {"Cannot map checkpoint/savepoint state for operator"}
# A shorter piece occurs anywhere.
MIN_PIECE = 12
# The sources have these with a placeholder at the beginning.
COMPOSED = {
    "open failed with …": "{step} failed with ",
    "predict failed with …": "{step} failed with ",
    "predict_batch failed with …": "{step} failed with ",
}
# What tests assert where they do not assert a whole piece: a part of it, or another column.
ASSERTED = {
    "…, which can run any code": "is loaded by pickle, which can run any code",
    "… has both 'async def'": "has both 'async def' and 'yield'",
    "… which the job brings": "another model or an earlier job of this process has another",
    "a row takes …, and Flink": "Flink holds up to 100 rows of a subtask in memory",
    "'…' has no MLmodel": "no model file of LightGBM or XGBoost. Save the model",
    "expected …, got …": "expected INT, got",
    "… does not exist on this": "does not exist on this host",
    "It has no executable file": "It has no executable file '",
    "It is a file but": ".zip, .tar.gz or .tgz",
    "It needs at least": "'model-cache-max-size'",
    "Its Python does not start": "exit code 127 and printed:",
    "Model '…' is planned": "' is planned but not used",
    "NULL in an array": "has no NULL for integers",
    "Option '…' must be 'file": "must be 'file:/path' or 'env:NAME'",
    "Option '…' needs …. Set": "' needs 'execution-mode' = '",
    "The job does not bring": "set 'pipeline.cached-files' instead of calling",
    "The option 'python.executable' is not": "neither 'python3' nor 'python' is on this process's",
    "The options '…' and": "'python-environment' and 'python.executable' both say",
    "The value '…' of": "Valid are a path or a URI of an archive",
    "The requirements of": "'python.requirements' cannot be installed for '",
    "There is no such": "no such directory or archive on this host",
    "This TaskManager has no": "plugins/",
    "cannot be written to": "the profile cannot be written to",
    "column '…' is bound": "' is bound to a PROCTIME attribute",
    "option '…' is 'file": "'file:/no/such/file', which cannot be read",
    "option '…' is a …; it": "'batch-size' is a list; it must be",
    "option '…' is given": "'provider' is given twice",
    "option 'python-predict-class': '…' does": "' does not have the form 'module.Class'",
    "option 'python-predict-class': '…' is created": "created without arguments",
    "option 'python-predict-class': '…' is in": "is in the script that the client runs",
    "option 'python-predict-class': '…' is not": "' is not a subclass of",
    "predict_batch failed with": 'method + " failed with ValueError"',
    "pyflink.dataframe.ModelProvider is missing": "pyflink.dataframe.ModelProvider is missing",
    "the columns of the model in": "cannot be inferred: .*",
    "when it predicted this row": "row 101: the worker process was killed by SIGSEGV",
}


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


def asserted(message: str) -> list[str]:
    """Returns texts of which a test has one if it produces the message."""
    return [ASSERTED[start] for start in ASSERTED if message.startswith(start)] or pieces(message)


def test_the_page_has_messages() -> None:
    """The other tests would pass for an empty page."""
    assert len(MESSAGES) > 50


@pytest.mark.parametrize(
    "message", sorted({*MESSAGES} - OF_FLINK), ids=lambda message: message.replace("…", "_")
)
def test_message_is_that_of_the_code(message: str) -> None:
    """Whoever searches for a message finds it only if it is the same."""
    parts = [COMPOSED[message]] if message in COMPOSED else pieces(message)
    assert [part for part in parts if part not in SOURCES] == []


@pytest.mark.parametrize("message", sorted(MESSAGES), ids=lambda message: message.replace("…", "_"))
def test_message_is_produced_by_a_test(message: str) -> None:
    """A message that nothing produces is one that no user sees."""
    assert any(text in TESTS for text in asserted(message))


def test_messages_are_sorted() -> None:
    """A reader with a message in hand looks it up."""
    for table in re.findall(r"(?:^\| `.*\n)+", PAGE, re.M):
        first = [re.sub(r"\W", "", line.split(" | ")[0]).lower() for line in table.splitlines()]
        assert first == sorted(first)
