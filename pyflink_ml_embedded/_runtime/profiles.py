# SPDX-License-Identifier: Apache-2.0
"""Sampled profiles of predict functions (``profile-directory``), as files of speedscope."""

from __future__ import annotations

import json
import logging
import os
import threading
import time
from collections.abc import Iterable
from typing import Any, TypeAlias

from .. import _native
from .._native import OpenFunction
from .atomic_files import AtomicFiles
from .user_frames import called_frames
from .watcher import watcher

_log = logging.getLogger(__name__)

_SCHEMA = "https://www.speedscope.app/file-format-schema.json"
_INTERVAL = 0.01
# How long the GIL is not taken, and close may have to wait.
_ROUND = 0.1
_WRITE_INTERVAL = 60.0
# Each has its own sequence of calls; more are counted together.
_MAX_STACKS = 2_000

# The name, the file and the first line of a function.
_Frame: TypeAlias = tuple[str, str, int]

_CONVERSION: _Frame = ("[conversion of rows and results]", "", 0)
_OTHERS: _Frame = ("[other stacks]", "", 0)
# Of CPython 3.12, between a function in C and one in Python.
_TRAMPOLINE = "<interpreter trampoline>"


class Profile:
    """The profile of one open function.

    Args:
        opened: the function.
        path: the file to write.
        title: what a viewer shows as its name.
    """

    def __init__(self, opened: OpenFunction, path: str, title: str) -> None:
        self.opened = opened
        self._path = path
        self._file = AtomicFiles(f"Model '{opened.model}': the profile", "profile-directory")
        self._title = title
        self._seconds: dict[tuple[_Frame, ...], float] = {}
        self._written = time.monotonic()

    def start(self) -> None:
        """Begins to sample the function's calls."""
        _sampler.add(self)

    def stop(self) -> None:
        """Ends to sample, and writes the file."""
        _sampler.remove(self)
        self._write()

    def add(self, seconds: float, stack: Iterable[_Frame]) -> None:
        """Adds a sample, and writes the file once a minute."""
        called = [frame for frame in stack if frame[0] != _TRAMPOLINE]
        frames = tuple(called_frames(called, _file_of)) or (_CONVERSION,)
        if frames not in self._seconds and len(self._seconds) >= _MAX_STACKS:
            frames = (_OTHERS,)
        self._seconds[frames] = self._seconds.get(frames, 0.0) + seconds
        if time.monotonic() - self._written >= _WRITE_INTERVAL:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        text = json.dumps(_speedscope(self._title, self._seconds))
        self._file.write(self._path, lambda target: target.write(text.encode()))


class _Sampler:
    """Samples the calls of all functions that have a profile."""

    interval = 0.0

    def __init__(self) -> None:
        self._forget()
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._profiles: list[Profile] = []

    def add(self, profile: Profile) -> None:
        with self._lock:
            self._profiles.append(profile)
            watcher.add(self)

    def remove(self, profile: Profile) -> None:
        with self._lock:
            if profile not in self._profiles:  # in a forked child
                return
            self._profiles.remove(profile)
            watcher.remove(self)  # so that no round with the profile is in progress
            if self._profiles:
                watcher.add(self)

    def look(self) -> None:
        profiles = tuple(self._profiles)
        functions = tuple(profile.opened for profile in profiles)
        try:
            samples = _native.sample_calls(functions, _INTERVAL, _ROUND)
        except OSError as error:
            self._give_up(profiles, error)
            return
        for index, seconds, stack in samples:
            profiles[index].add(seconds, stack)

    def _give_up(self, profiles: Iterable[Profile], error: OSError) -> None:
        for profile in profiles:
            _log.warning("Model '%s' cannot be profiled: %s", profile.opened.model, error)
        self.interval = 3600.0


_sampler = _Sampler()


def _file_of(frame: _Frame) -> str:
    return frame[1]


def _speedscope(title: str, seconds: dict[tuple[_Frame, ...], float]) -> dict[str, Any]:
    """Returns a profile in the format of https://www.speedscope.app/file-format-schema.json."""
    indexes: dict[_Frame, int] = {}
    samples = [[indexes.setdefault(frame, len(indexes)) for frame in stack] for stack in seconds]
    return {
        "$schema": _SCHEMA,
        "exporter": f"pyflink-ml-embedded@{_native.__version__}",
        "name": title,
        "shared": {"frames": [_describe(*frame) for frame in indexes]},
        "profiles": [
            {
                "type": "sampled",
                "name": title,
                "unit": "seconds",
                "startValue": 0,
                "endValue": sum(seconds.values()),
                "samples": samples,
                "weights": list(seconds.values()),
            }
        ],
    }


def _describe(name: str, file: str, line: int) -> dict[str, Any]:
    return {"name": name, "file": file, "line": line} if file else {"name": name}
