# SPDX-License-Identifier: Apache-2.0
"""Text of models that is shown in a log, and may be read in a terminal."""

from __future__ import annotations

import re

MAX_LINE = 16 << 10
"""The characters of a line of output that are shown as one line."""

_MAX_RECORD = 100_000
# All but tab and newline: others move the cursor, change colors or end the text.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def safe_line(text: str) -> str:
    r"""Returns a line with escapes such as ``\x1b`` in place of control characters."""
    return _CONTROL.sub(_escape, text.removesuffix("\r").replace("\n", "\\n"))


def safe_record(text: str) -> str:
    """Returns the text of a log record: control characters are escaped, and its end may be cut."""
    if len(text) > _MAX_RECORD:
        text = f"{text[:_MAX_RECORD]}... ({len(text) - _MAX_RECORD} more characters)"
    return _CONTROL.sub(_escape, text.replace("\r\n", "\n"))


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
