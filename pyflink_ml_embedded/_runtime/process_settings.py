# SPDX-License-Identifier: Apache-2.0
"""Settings of the process other than those of imports and logging; see ``process_state``."""

from __future__ import annotations

import gc
import locale
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from . import background
from .process_state import Setting

_HOOKS = (
    (
        sys,
        (
            "stdin",
            "stdout",
            "stderr",
            "displayhook",
            "excepthook",
            "unraisablehook",
            "breakpointhook",
        ),
    ),
    (threading, ("excepthook",)),
)

# As documented for numpy.set_printoptions. numpy is loaded late, and maybe by who changes them.
_NUMPY_PRINTS = {
    "precision": 8,
    "threshold": 1000,
    "edgeitems": 3,
    "linewidth": 75,
    "suppress": False,
    "nanstr": "nan",
    "infstr": "inf",
    "sign": "-",
    "floatmode": "maxprec",
    "formatter": None,
    "legacy": False,
}


def process_settings() -> list[Setting]:
    """Returns the settings as they are now."""
    hooks = [
        Value(
            f"{module.__name__}.{name}",
            partial(getattr, module, name),
            partial(setattr, module, name),
        )
        for module, names in _HOOKS
        for name in names
    ]
    return [
        *hooks,
        _WorkingDirectory(),
        Value("the umask", _umask, os.umask, oct),
        _Environment(),
        _AddedVariables(),
        Value("the time zone", _time_zone, _set_time_zone),
        Value("the locale", partial(locale.setlocale, locale.LC_ALL), _set_locale),
        Value("gc.enable", gc.isenabled, _set_collecting),
        Value("gc.set_threshold", gc.get_threshold, _set_threshold),
        Value("gc.set_debug", gc.get_debug, gc.set_debug),
        _FrozenObjects(),
        _RecursionLimit(),
        _SwitchInterval("sys.setswitchinterval", sys.getswitchinterval, sys.setswitchinterval),
        Value("socket.setdefaulttimeout", socket.getdefaulttimeout, socket.setdefaulttimeout),
        _NumpyPrintOptions(),
        _Tracing(),
        _AddedPaths(),
    ]


def _described(value: object) -> str:
    if value is None or isinstance(value, (bool, int, float, str, tuple)):
        return f"{value!r:.200}"
    return str(getattr(value, "__qualname__", f"a {type(value).__qualname__}"))


class Value(Setting):
    """A value with functions that read, write and describe it."""

    def __init__(
        self,
        name: str,
        read: Callable[[], Any],
        write: Callable[[Any], object],
        describe: Callable[[Any], str] = _described,
    ) -> None:
        self.name = name
        self._read, self._write, self._describe = read, write, describe
        self._expected = read()

    def look(self) -> str | None:
        """Puts the value back."""
        actual, expected = self._read(), self._expected
        if actual is expected or (type(actual) is type(expected) and actual == expected):
            return None
        self._write(expected)
        return f"set to {self._describe(actual)}"


class _SwitchInterval(Value):
    """Loading a version of a model in the background changes it too."""

    def look(self) -> str | None:
        return None if background.is_loading() else super().look()


class _WorkingDirectory(Value):
    def __init__(self) -> None:
        self._directory = os.open(".", os.O_PATH)  # for the life of the process
        super().__init__("the working directory", _working_directory, self._enter)

    def look(self) -> str | None:
        # PyFlink's thread mode works in the directory of the job's archives.
        if "/python-dist-" in _working_directory():
            return None
        return super().look()

    def _enter(self, _: str) -> None:
        os.chdir(self._directory)


def _working_directory() -> str:
    try:
        return os.getcwd()
    except FileNotFoundError:
        return ""


def _umask() -> int:
    """Returns the umask, which ``os.umask`` would have to change for a moment."""
    with open("/proc/self/status", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("Umask:"):
                return int(line.split()[1], 8)
    raise OSError("/proc/self/status has no umask")


class _Environment(Setting):
    """The variables that were there; their values stay out of the log."""

    name = "environment variables"

    def __init__(self) -> None:
        self._expected = dict(os.environ)

    def look(self) -> str | None:
        changed = [
            name
            for name, value in self._expected.items()
            if name != "TZ" and os.environ.get(name) != value
        ]
        for name in changed:
            os.environ[name] = self._expected[name]
        return f"{', '.join(changed)} changed or removed" if changed else None


class _AddedVariables(Setting):
    """Libraries add variables that others read when they are loaded, such as OMP_NUM_THREADS."""

    name = "environment variables that were not set"
    is_put_back = False
    level = logging.INFO

    def __init__(self) -> None:
        self._known = {"TZ", *os.environ}

    def look(self) -> str | None:
        added = sorted(os.environ.keys() - self._known)
        self._known.update(added)
        return f"added {', '.join(added)}" if added else None


class _AddedPaths(Setting):
    """Another model may find its modules there, but the one that added it needs them later."""

    name = "the search path of imports"
    is_put_back = False

    def __init__(self) -> None:
        self._known = set(sys.path)

    def look(self) -> str | None:
        added = [path for path in sys.path if path not in self._known]
        self._known.update(added)
        return f"added {', '.join(map(str, added))}" if added else None


def _time_zone() -> tuple[str | None, tuple[str, str], int]:
    return os.environ.get("TZ"), time.tzname, time.timezone


def _set_time_zone(expected: tuple[str | None, tuple[str, str], int]) -> None:
    variable = expected[0]
    if variable is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = variable
    time.tzset()


def _set_locale(expected: str) -> None:
    locale.setlocale(locale.LC_ALL, expected)


def _set_collecting(is_enabled: bool) -> None:
    (gc.enable if is_enabled else gc.disable)()


def _set_threshold(thresholds: tuple[int, int, int]) -> None:
    gc.set_threshold(*thresholds)


class _FrozenObjects(Setting):
    """Loaded versions of models freeze objects too."""

    name = "gc.freeze"

    def __init__(self) -> None:
        self._expected = gc.get_freeze_count()

    def look(self) -> str | None:
        if background.has_versions() or gc.get_freeze_count() <= self._expected:
            return None
        gc.unfreeze()
        return "all objects were excluded from collections"


class _RecursionLimit(Setting):
    """A higher limit stays: libraries set it for what they load, and stacks are protected."""

    name = "sys.setrecursionlimit"

    def __init__(self) -> None:
        self._expected = sys.getrecursionlimit()

    def look(self) -> str | None:
        limit = sys.getrecursionlimit()
        if limit >= self._expected:
            return None
        sys.setrecursionlimit(self._expected)
        return f"set to {limit}"


class _NumpyPrintOptions(Setting):
    name = "numpy.set_printoptions"

    def look(self) -> str | None:
        numpy: Any = sys.modules.get("numpy")
        if not hasattr(numpy, "get_printoptions"):  # not loaded, or not to its end
            return None
        actual = numpy.get_printoptions()
        changed = [name for name, value in _NUMPY_PRINTS.items() if actual.get(name) != value]
        if not changed:
            return None
        numpy.set_printoptions(**_NUMPY_PRINTS)
        return f"other values for {', '.join(changed)}"


class _Tracing(Setting):
    """Debuggers and profilers trace, which costs time and changes no result."""

    name = "the functions of sys.settrace and sys.setprofile"
    is_put_back = False

    def __init__(self) -> None:
        self._known = {id(function) for function in self._functions()}

    def look(self) -> str | None:
        new = {id(function) for function in self._functions()} - self._known
        self._known |= new
        return "code on this thread or on new ones becomes slower" if new else None

    def _functions(self) -> list[object]:
        per_thread = sys.gettrace(), sys.getprofile()
        return [*per_thread, threading.gettrace(), threading.getprofile(), None]
