"""Makes the CPython that PemJa started the Python that a job asks for. Java runs it once a job."""

from __future__ import annotations

import io
import json
import os
import site
import sys
from collections.abc import Mapping
from typing import Any

from .. import _native
from .._exceptions import ModelError
from . import slf4j

_executable: str | None = None


def boot(probe_json: str) -> None:
    """Sets CPython up as the probed executable, and binds the natives for the calling thread.

    CPython is set up by the first call; a later one, for another job in this JVM, only binds.

    Args:
        probe_json: what ``probe.py`` printed.

    Raises:
        ModelError: this JVM runs another Python already.
    """
    global _executable
    probe = json.loads(probe_json)
    _refuse_other_python(probe)
    if _executable is None:
        _set_paths(probe)
        _set_streams()
        _executable = probe["executable"]
    _native.bind()
    # SLF4J is in reach once the natives are bound.
    slf4j.install()


def _refuse_other_python(probe: Mapping[str, Any]) -> None:
    if _executable is None:
        # PyFlink's thread mode may have started CPython before us.
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
            "cluster, or separate clusters"
        )


def _set_paths(probe: Mapping[str, Any]) -> None:
    """Gives CPython, started with the base prefix, the paths of the executable (of a venv)."""
    # '' is the directory of the JVM; PemJa's own has modules with common names, like 'logger'.
    unwanted = {"", site.getusersitepackages(), *site.getsitepackages()}
    sys.path[:] = [
        path for path in sys.path if path not in unwanted and os.path.basename(path) != "pemja"
    ]
    sys.executable = probe["executable"]
    sys.prefix = sys.exec_prefix = probe["prefix"]
    sys.argv = [""]
    site.PREFIXES[:] = [sys.prefix]
    for path in probe["site_packages"]:
        site.addsitedir(path)
    # A package that an import hook found, as of some editable installs, may lie elsewhere.
    our_parent = os.path.dirname(probe["package_path"])
    if our_parent not in sys.path:
        sys.path.append(our_parent)


def _set_streams() -> None:
    """Brings back the JVM's file descriptors: PemJa's streams have no fileno and no encoding."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, f"__{name}__")
        if isinstance(stream, io.TextIOWrapper):  # None where the descriptor is closed
            stream.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=True)
            setattr(sys, name, stream)
