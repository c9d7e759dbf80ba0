# SPDX-License-Identifier: Apache-2.0
"""Sets up the CPython that PemJa started as the Python of a job. Java calls it for each job."""

from __future__ import annotations

import contextlib
import importlib
import json
import locale
import logging
import os
import signal
import site
import sys
import sysconfig
from collections.abc import Mapping
from typing import Any

from .. import _native
from .._exceptions import ModelError
from . import (
    forks,
    model_output,
    output_streams,
    process_end,
    recursion,
    signals,
    slf4j,
    standard_input,
)
from .import_settings import import_settings
from .log_settings import log_settings
from .probe import locales, settings
from .process_settings import process_settings
from .process_state import state

_log = logging.getLogger(__name__)

_executable: str | None = None


def boot(probe_json: str, log_file: str = "") -> None:
    """Sets CPython up as the probed executable, and binds the natives for the calling thread.

    The first call sets CPython up. A later call, for another job in this JVM, only binds.

    Args:
        probe_json: the output of ``probe.py``.
        log_file: the file of the JVM's log, or empty if it has none.

    Raises:
        ModelError: this JVM already runs another Python.
    """
    global _executable
    signals.guard()
    probe = json.loads(probe_json)
    _refuse_other_python(probe)
    is_first = _executable is None
    if is_first:
        _set_locale(probe)
        _set_environment(probe)
        _set_paths(probe)
        output_streams.install()
        recursion.install()
        standard_input.install()
        forks.install()
        process_end.install(log_file, [signal.SIGABRT])
        _executable = probe["executable"]
        importlib.import_module(f"{__package__}.open")  # while no model can have broken imports
    elif sys.path[0] in sys.path[1:]:
        del sys.path[0]  # PemJa has put its parent before all others, once more
    _native.bind()
    # Requires the natives.
    slf4j.install_native()
    if is_first:
        model_output.install()
        signals.restore(None)
        state.install(import_settings(), [*log_settings(), *process_settings()])
        _native.check_process_by(state.look_after_call)
        _warn_of_differences(probe)


def _refuse_other_python(probe: Mapping[str, Any]) -> None:
    if _executable is None:
        # PyFlink's thread mode may have started CPython earlier.
        same = list(sys.version_info[:3]) == probe["version"] and os.path.samefile(
            sys.base_prefix, probe["base_prefix"]
        )
        running = f"Python {sys.version.split()[0]} of '{sys.base_prefix}'"
    else:
        same = sys.prefix == probe["prefix"]
        running = f"'{_executable}'"
    if not same:
        raise ModelError(
            f"this job asks for the Python '{probe['executable']}', but this JVM runs {running}, "
            "and a JVM can run one Python only: use one 'python.executable' for all jobs of a "
            "cluster, set 'execution-mode' to 'process' for this model, or use separate clusters"
        )


def _set_locale(probe: Mapping[str, Any]) -> None:
    """Sets the categories that the JVM has set, which a Python leaves as "C".

    LC_NUMERIC, for example, decides how C libraries read and write numbers.
    """
    for name, current in locales().items():
        expected = probe["settings"].get(f"locale.setlocale(locale.{name})", current)
        if name != "LC_CTYPE" and current != expected:
            with contextlib.suppress(locale.Error):  # which _warn_of_differences reports
                locale.setlocale(getattr(locale, name), expected)


def _set_environment(probe: Mapping[str, Any]) -> None:
    """Sets the variables of a script around the executable; ``_start`` has set those of Python."""
    for name, value in probe["environment"].items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _set_paths(probe: Mapping[str, Any]) -> None:
    """Sets the paths of the executable, e.g. of a venv: CPython started with the base prefix."""
    # Without '', the JVM's working directory, and without PemJa's, which has a module 'logger'.
    sys.path[:] = probe["path"]
    sys.executable = probe["executable"]
    sys.prefix = sys.exec_prefix = probe["prefix"]
    sys.argv = [""]
    importlib.reload(sysconfig)  # it keeps the prefixes that it has seen first
    site.PREFIXES[:] = [sys.prefix]
    for path in probe["site_packages"]:
        site.addsitedir(path)  # runs its .pth files
    site.execsitecustomize()
    if probe["user_site"]:
        site.execusercustomize()
    # Some editable installs are found by an import hook and not in site-packages.
    package_parent = os.path.dirname(probe["package_path"])
    if package_parent not in sys.path:
        sys.path.append(package_parent)


def _warn_of_differences(probe: Mapping[str, Any]) -> None:
    actual = settings()
    for name, expected in probe["settings"].items():
        if actual.get(name) != expected:
            _log.warning(
                "Python in this JVM differs from '%s': %s is %r and not %r",
                probe["executable"],
                name,
                actual.get(name),
                expected,
            )
