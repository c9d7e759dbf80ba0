# SPDX-License-Identifier: Apache-2.0
"""Builds into dist/ all that a release consists of, and checks it; `make release` runs it.

Usage: build.py [--draft] [STEP ...]

Without steps it runs all of them. --draft leaves out the checks of the tree, to try the rest.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import time

from artifacts import build_jars, build_sdist, build_wheels, sdist
from checks import check_tree
from contents import check_contents
from licences import check_licences
from project import DIST, WORK, ReleaseError, run, tool
from trial import try_wheels

__all__ = ["main"]


def empty_dist() -> None:
    """Removes what an earlier release left."""
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()


def check_metadata() -> None:
    """Checks what PyPI would refuse."""
    run(tool("twine"), "check", "--strict", sdist(), *sorted(DIST.glob("*.whl")))


def write_checksums() -> None:
    """Writes SHA256SUMS, which `sha256sum --check` reads."""
    sums = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(DIST.iterdir())
        if path.name != "SHA256SUMS"
    ]
    (DIST / "SHA256SUMS").write_text("".join(sums))


STEPS = {
    "tree": check_tree,
    "dist": empty_dist,
    "jars": build_jars,
    "sdist": build_sdist,
    "wheels": build_wheels,
    "metadata": check_metadata,
    "contents": check_contents,
    "trial": try_wheels,
    "licences": check_licences,
    "checksums": write_checksums,
}


def main() -> int:
    """Runs the steps in their order; returns 1 if one failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--draft", action="store_true", help="release a tree that is not ready")
    parser.add_argument("steps", nargs="*", metavar="STEP", help=", ".join(STEPS))
    options = parser.parse_args()
    if unknown := set(options.steps) - set(STEPS):
        parser.error(f"no step {', '.join(sorted(unknown))}; the steps are {', '.join(STEPS)}")

    WORK.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    for name, step in STEPS.items():
        if (options.steps and name not in options.steps) or (options.draft and name == "tree"):
            continue
        before = time.monotonic()
        print(f"==> {name}", flush=True)
        try:
            step()
        except ReleaseError as error:
            print(f"release: {name}: {error}", file=sys.stderr)
            return 1
        print(f"==> {name}: done in {time.monotonic() - before:.0f} s", flush=True)
    print(f"\nBuilt in {time.monotonic() - start:.0f} s, to upload:")
    for path in sorted(DIST.iterdir()):
        print(f"{path.stat().st_size:>12,}  {path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
