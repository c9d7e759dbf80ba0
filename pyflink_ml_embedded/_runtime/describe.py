# SPDX-License-Identifier: Apache-2.0
"""Writes the text of a PythonException: the whole chain of errors, without the row's values."""

from __future__ import annotations

import ast
import itertools
import os
import re
import textwrap
import traceback
from collections.abc import Callable, Iterator
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any

from .._exceptions import (
    ConversionError,
    DescribedError,
    MissingPropertyError,
    ModelError,
    NotConfiguredError,
    PredictTimeoutError,
)
from .._native import Row
from .._secrets import hide as hide_secrets
from .memory_errors import free_memory, is_memory_error
from .missing_module import remedy
from .private_modules import public_names
from .user_frames import PACKAGE, is_internal

_PACKAGE_NAME = __name__.partition(".")[0]
_CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
_DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"
_TYPE_NAME = re.compile(r"[\w.<>]+")
_OWN_TYPES = (ConversionError, MissingPropertyError, ModelError, NotConfiguredError)
# What a Row raises for the name of a field that it does not have.
_NO_FIELD = re.compile(r"(there is no field )(.*?)(; the fields are )(\(.*?\))(?=\n|\Z)")
# Shorter texts occur in too many messages by chance.
_MIN_HIDDEN = 3
# The most values of one column that are hidden, e.g. elements of an ARRAY.
_MAX_HIDDEN = 10_000

# Replaces the values of the row in the message of an error.
_Hide = Callable[[BaseException, str], str]


def describe(
    error: BaseException,
    model: str | None,
    row_number: int | None,
    row: Row | None,
    column: str | None,
    method: str = "predict",
) -> str:
    """Returns the text for an error in ``predict`` or in the conversion of its results.

    Never raises.

    Args:
        error: what was raised.
        model: the model's name, or None if native code failed to open or close it.
        row_number: the number of the row in this subtask, from 1; None outside of a row.
        row: the row, whose values are replaced in the messages by the names of their columns.
        column: the error's attribute ``column``, if it has one.
        method: the method of the class that was called.
    """
    if type(error) is DescribedError:
        return str(error)
    where = "a model" if model is None else f"model '{model}'"
    if row_number is None:
        return _describe(error, where, "opening or closing", None)
    where += f", row {row_number}"
    # The message of a ConversionError begins with the column.
    if isinstance(column, str) and type(error) is not ConversionError:
        where += f", column '{column}'"
    return _describe(error, where, method, row)


def describe_step(error: BaseException, model: str, step: str) -> str:
    """Returns the text for an error in ``open`` or ``close``. Never raises."""
    return _describe(error, f"model '{model}'", step, None)


def describe_classes(error: BaseException) -> str:
    """Returns the names of the class of an error and of its base classes, separated by commas.

    A built-in class has its name only, others have that of their module before it. An error of
    torch that means a lack of memory has MemoryError among its names; what such an error kept is
    freed.
    """
    names = [_class_name(base) for base in type(error).__mro__[:-1]]
    if is_memory_error(error):
        free_memory(error)
        if "MemoryError" not in names:
            names.append("MemoryError")
    return ",".join(names)


def _class_name(error_type: type) -> str:
    module = error_type.__module__
    if module == "builtins":
        return error_type.__qualname__
    if module == ConversionError.__module__:
        module = _PACKAGE_NAME
    return public_names(f"{module}.{error_type.__qualname__}")


def _describe(error: BaseException, where: str, step: str, row: Row | None) -> str:
    try:
        hide = _hider(row)
        details = _format_chain(error, hide)
        text = f"{where}: {_headline(error, step, hide)}"
        text = hide_secrets(public_names(f"{text}\n\n{details}".rstrip() if details else text))
    except BaseException:  # the methods of the error's class may raise anything
        text = f"{where}: {step} failed with {type(error).__name__}, which cannot be shown"
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _headline(error: BaseException, step: str, hide: _Hide) -> str:
    if isinstance(error, SystemExit):
        return f"sys.exit() was called in {step}; raise an exception instead"
    if isinstance(error, KeyboardInterrupt):
        return f"KeyboardInterrupt was raised in {step}"
    text = _message(error)
    message = hide(error, text) + _suggestion(text)
    if isinstance(error, ConversionError | ModelError):
        return message
    summary = message.partition("\n")[0]
    failed = f"{step} failed with {type(error).__qualname__}" + (f": {summary}" if summary else "")
    what_to_do = remedy(error)
    return f"{failed}; {what_to_do}" if what_to_do else failed


def _suggestion(message: str) -> str:
    """Returns the field that was meant, where the class read a field that its Row does not have."""
    missing = _NO_FIELD.search(message)
    if missing is None:
        return ""
    nearest = get_close_matches(missing[2].strip("'"), ast.literal_eval(missing[4]), n=1)
    return f"; the nearest is '{nearest[0]}'" if nearest else ""


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:
        return "(its message cannot be shown)"


def _format_chain(error: BaseException, hide: _Hide) -> str:
    """Formats like the traceback module, the cause first."""
    texts: list[str] = []
    seen: set[int] = set()
    following: BaseException | None = error
    link = ""
    while following is not None and id(following) not in seen:
        current = following
        seen.add(id(current))
        text = _format_one(current, hide)
        if texts and text and texts[-1]:
            text += link
        texts.append(text)
        following, link = current.__cause__, _CAUSED
        if following is None and not current.__suppress_context__:
            following, link = current.__context__, _DURING
    return "".join(reversed(texts))


def _format_one(error: BaseException, hide: _Hide) -> str:
    frames = _frames(error)
    if not frames and isinstance(error, ConversionError | ModelError):
        return ""
    lines = ["Traceback (most recent call last):\n", *frames] if frames else []
    only = "".join(traceback.TracebackException(type(error), error, None).format_exception_only())
    type_name = _TYPE_NAME.match(only)
    after = type_name.end() if type_name else 0
    lines.append(only[:after] + hide(error, only[after:]))
    for number, inner in enumerate(getattr(error, "exceptions", ()), 1):
        if isinstance(inner, BaseException):
            lines.append(f"  +---- {number} ----\n")
            lines.append(textwrap.indent(_format_chain(inner, hide), "  | "))
    return "".join(lines)


def _is_own(error: BaseException) -> bool:
    """Returns whether this package raised the error.

    The traceback says so: it ends in a module of this package, or it is empty because native code
    raised the error after ``predict`` had returned. An error that a user's class raises ends there.
    """
    if isinstance(error, PredictTimeoutError):
        return error.reason is not None
    if type(error) not in _OWN_TYPES:
        return False
    last = None
    for frame, _ in traceback.walk_tb(error.__traceback__):
        last = frame
    return last is None or last.f_code.co_filename.startswith(PACKAGE + os.sep)


def _frames(error: BaseException) -> list[str]:
    """Formats the traceback without the frames of this package.

    If there are no others, they are shown, unless the error is one that this package explains.
    """
    if isinstance(error, ModelError):
        return []
    frames = traceback.extract_tb(error.__traceback__)
    others = [frame for frame in frames if not is_internal(frame.filename)]
    if not others and not isinstance(error, ConversionError):
        others = frames
    return traceback.StackSummary.from_list(others).format()


def _hider(row: Row | None) -> _Hide:
    """Returns a function that replaces the values of the row in the message of an error.

    Words of our own messages stay as they are. Names that a class or a result has, such as those of
    properties and the keys of a dict, are in quotes there.
    """
    if row is None:
        return lambda error, text: text
    markers = dict.fromkeys(_texts_of_row(row), "<row>")
    for name, value in zip(_names(row), row, strict=True):
        for inner in itertools.islice(_parts(value), _MAX_HIDDEN):
            for text in _texts(inner):
                if len(text.strip()) >= _MIN_HIDDEN:
                    markers.setdefault(text, f"<column '{name}'>")

    def replace(text: str, to_pattern: Callable[[str], str]) -> str:
        present = sorted((value for value in markers if value in text), key=len, reverse=True)
        if not present:
            return text
        pattern = "|".join(map(to_pattern, present))
        return re.sub(pattern, lambda match: markers[match[0]], text)

    def hide(error: BaseException, text: str) -> str:
        if _is_own(error):
            return replace(text, _quoted)
        missing = _NO_FIELD.search(text)
        if missing is None or missing[4] not in _names_in(row):
            return replace(text, _token)
        before, name, after = text[: missing.start()], missing[2], text[missing.end() :]
        before, name, after = (replace(part, _token) for part in (before, name, after))
        return f"{before}{missing[1]}{name}{missing[3]}{missing[4]}{after}"

    return hide


def _names_in(row: Row) -> set[str]:
    """Returns the names of the fields of the row and of all Rows in it, as messages have them."""
    return {repr(tuple(_names(part))) for part in _parts(row) if isinstance(part, Row)}


def _names(row: Row) -> list[str]:
    return list(getattr(row, "_fields", None) or map(str, range(len(row))))


def _texts_of_row(row: Row) -> Iterator[str]:
    values = list(row)
    for whole in (row, values, tuple(values), dict(zip(_names(row), values, strict=True))):
        yield repr(whole)


def _parts(value: Any) -> Iterator[Any]:
    """Yields the value and all values in it: elements, keys, values, fields."""
    yield value
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, dict):
        value = [*value.keys(), *value.values()]
    if isinstance(value, list | tuple | Row):
        for item in value:
            yield from _parts(item)


def _texts(value: Any) -> Iterator[str]:
    """Yields the likely texts of the value in a message."""
    if value is None or isinstance(value, bool):
        return
    yield str(value)
    yield repr(value)
    if isinstance(value, str):
        yield repr(value)[1:-1]
    elif isinstance(value, bytes):
        yield repr(value)[2:-1]
        yield value.hex()
        yield value.decode("utf-8", "replace")
    elif isinstance(value, float) and value.is_integer():
        yield str(int(value))
    elif isinstance(value, date | datetime | time):
        yield value.isoformat()


def _token(text: str) -> str:
    """Returns a pattern for the text that does not match parts of a longer word or number."""
    before = r"(?<!\w)" if re.match(r"\w", text) else ""
    after = r"(?!\w)" if re.search(r"\w\Z", text) else ""
    return before + re.escape(text) + after


def _quoted(text: str) -> str:
    """Returns a pattern for the text in quotes, unless it is given as the name of a column."""
    return rf"(?:(?<=')(?<!column ')|(?<='properties\.)){re.escape(text)}(?=')"
