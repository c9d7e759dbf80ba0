# SPDX-License-Identifier: Apache-2.0
"""Secrets among the options ``properties.*``: where they are read, and how texts hide them."""

from __future__ import annotations

import json
import logging
import os
import re
import stat
import threading
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import quote, quote_plus

from ._exceptions import ModelError

_PREFIX = "secret."
_MAX_BYTES = 64 << 10
# A shorter text occurs in too many messages by chance.
_MIN_LENGTH = 4
# A line of a longer secret, such as a key in PEM format, is hidden alone too.
_MIN_LINE = 8
# Values of names such as 'max-new-tokens', which only sound like secrets.
_SETTING = re.compile(r"\d{1,6}|true|false", re.IGNORECASE)

_log = logging.getLogger(__name__)

_lock = threading.Lock()
# What replaces each text. Secrets stay here until the process ends, because threads, exceptions
# and caches of a model may outlive it.
_markers: dict[str, str] = {}
_pattern: re.Pattern[str] | None = None
_warned: set[str] = set()


def read_secrets(properties: Mapping[str, str], sensitive: Collection[str] = ()) -> dict[str, str]:
    """Returns the properties with each ``secret.<name>`` read, as ``<name>``.

    From now on, ``hide`` replaces these values, and those of sensitive names.

    Args:
        properties: the options ``properties.*``, without that prefix.
        sensitive: the names whose values Flink masks.

    Raises:
        ModelError: a secret is not a reference, or cannot be read.
    """
    plain = {name: text for name, text in properties.items() if not name.startswith(_PREFIX)}
    for name in sensitive:
        if name in plain and not is_setting(plain[name]):
            _add(name, plain[name])
    secrets = {}
    for option in properties.keys() - plain.keys():
        name = option.removeprefix(_PREFIX)
        if name in plain:
            raise ModelError(
                f"options 'properties.{name}' and 'properties.{option}' both set the property "
                f"'{name}'. Remove the first"
            )
        secrets[name] = _read(f"properties.{option}", properties[option])
        _add(name, secrets[name])
    return {**plain, **secrets}


def is_setting(value: str) -> bool:
    """Returns whether a value is too short for a secret, whatever the name of its option."""
    return _SETTING.fullmatch(value) is not None


def is_reference(value: str) -> bool:
    """Returns whether a value says where a secret is, and is not the secret."""
    return re.fullmatch(r"file:/.+|env:.+", value) is not None


def hide(text: str) -> str:
    """Returns the text with the names of secrets in place of their values."""
    pattern = _pattern
    return text if pattern is None else pattern.sub(lambda match: _markers[match[0]], text)


def _read(option: str, reference: str) -> str:
    kind, _, where = reference.partition(":")
    if kind == "env" and where:
        if where not in os.environ:
            raise ModelError(
                f"option '{option}' is 'env:{where}', and this process has no such environment "
                "variable. Set it for every TaskManager"
            )
        secret = os.environ[where]
    elif kind == "file" and where.startswith("/"):
        path = "/" + where.lstrip("/")  # file:///path is the same
        secret = _read_file(option, path)
    else:
        raise ModelError(
            f"option '{option}' must be 'file:/path' or 'env:NAME', where a TaskManager finds the "
            "secret; its value is not shown. Write the secret to a file that only the "
            "TaskManager's user can read, and set 'file:' with the absolute path"
        )
    if len(secret) < _MIN_LENGTH:
        raise ModelError(
            f"option '{option}' is '{reference}', which has {len(secret)} characters. A secret "
            f"needs at least {_MIN_LENGTH}, so that it can be found in texts and hidden"
        )
    return secret


def _read_file(option: str, path: str) -> str:
    where = f"option '{option}' is 'file:{path}', which"
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ModelError(f"{where} cannot be read on this host: {error.strerror}") from None
    if len(content) > _MAX_BYTES:
        raise ModelError(f"{where} is longer than {_MAX_BYTES} bytes, the limit of a secret")
    if mode & stat.S_IROTH and path not in _warned:
        _warned.add(path)
        _log.warning(
            "The secret of option '%s' is in '%s', which all users of this host can read (mode "
            "%03o). Run: chmod 600 '%s'",
            option,
            path,
            stat.S_IMODE(mode),
            path,
        )
    try:
        return content.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ModelError(f"{where} is not text in UTF-8") from None


def _add(name: str, secret: str) -> None:
    global _pattern
    with _lock:
        for text in _texts(secret):
            if len(text) >= _MIN_LENGTH:
                _markers.setdefault(text, f"<property '{name}'>")
        if _markers:
            longest_first = sorted(_markers, key=len, reverse=True)
            _pattern = re.compile("|".join(map(re.escape, longest_first)))


def _texts(secret: str) -> Iterator[str]:
    """Yields the secret as messages, JSON and URLs write it, and its long lines."""
    for text in (secret, *(line for line in secret.split("\n") if len(line) >= _MIN_LINE)):
        for form in (
            text,
            json.dumps(text)[1:-1],
            quote(text, safe=""),
            quote(text),
            quote_plus(text),
        ):
            yield form
            yield repr(form)[1:-1]
