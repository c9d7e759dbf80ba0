# SPDX-License-Identifier: Apache-2.0
"""Tries the wheels where nothing else is: in empty venvs, outside of the checkout."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from project import DIST, ROOT, VERSION, WORK, ReleaseError, create_venv, run, tool

__all__ = ["try_wheels"]

_IMPORT = "import pyflink_ml_embedded._native as native; print(native.__version__)"


def try_wheels() -> None:
    """Imports each wheel; runs the demo from that of this Python and lists what it needs.

    Raises:
        ReleaseError: A wheel does not work, or there is none for this Python.
    """
    wheels = {re.search(r"-cp3(\d+)-", path.name)[1]: path for path in DIST.glob("*.whl")}
    for minor, wheel in wheels.items():
        python = create_venv(f"python3.{minor}", WORK / f"import-3.{minor}")
        _install(python, "--no-deps", wheel)
        if run(python, "-I", "-c", _IMPORT, cwd=WORK).strip() != VERSION:
            raise ReleaseError(f"{wheel.name} has an extension of another version")
    own = wheels.get(str(sys.version_info.minor))
    if own is None:
        raise ReleaseError(f"There is no wheel for Python 3.{sys.version_info.minor}")

    python = create_venv(sys.executable, WORK / "demo")
    _install(python, own)
    _list_packages(python)
    _install(python, f"{own}[demo]")
    print(run(python.with_name("pyflink-ml-embedded"), "demo", cwd=WORK).strip()[-400:])


def _install(python: Path, *what: str | Path) -> None:
    """Installs into a venv; its own pip would be listed as a dependency."""
    pip = (sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check")
    run(*pip, "install", *what, cwd=WORK)


def _list_packages(python: Path) -> None:
    """Writes the SBOM of a venv."""
    bom = DIST / f"pyflink-ml-embedded-{VERSION}-python.cdx.json"
    run(
        *(tool("cyclonedx-py"), "environment", "--output-reproducible", "--output-format", "JSON"),
        *("--pyproject", ROOT / "pyproject.toml", "--output-file", bom, python),
    )
