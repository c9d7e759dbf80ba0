# SPDX-License-Identifier: Apache-2.0
"""The steps of examples/docker/Dockerfile, run in a directory that stands for the image's root."""

import glob
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from e2e.sql import flink_home

ROOT = Path(__file__).parents[2]

_OUTSIDE = {"ARG", "FROM", "USER"}
# Names are checked where apt has its lists; nothing is installed.
_APT_GET = """#!/bin/sh
if [ "$1" = update ] || ! apt-cache show python3-venv >/dev/null 2>&1; then exit; fi
exec /usr/bin/apt-get --simulate "$@"
"""


@dataclass(frozen=True)
class Image:
    """A directory whose opt/, tmp/ and var/ are those of an image."""

    root: Path

    @property
    def flink_home(self) -> Path:
        """The image's FLINK_HOME."""
        return self.root / "opt" / "flink"

    def mapped(self, command: str) -> str:
        """Returns a command with the paths of the image below this root."""
        return re.sub(r"(?<![\w.\"])/(?=(opt|tmp|var)/)", f"{self.root}/", command)


def build_image(root: Path, context: Path) -> Image:
    """Runs each RUN and COPY of the Dockerfile, and fails at the first that fails.

    The base image is the Flink of the installed apache-flink, and ``python3`` the Python of the
    tests, whose packages the image's venv sees. So pip installs the wheel and nothing else.

    Args:
        root: an empty directory.
        context: the build context.
    """
    image = Image(root)
    for directory in ("bin", "conf"):
        shutil.copytree(flink_home() / directory, image.flink_home / directory)
    for directory in ("lib", "opt"):
        (image.flink_home / directory).mkdir()
        for jar in flink_home().glob(f"{directory}/*.jar"):
            (image.flink_home / directory / jar.name).symlink_to(jar)
    for directory in ("opt/flink/log", "opt/flink/plugins", "tmp", "usr/bin"):
        (root / directory).mkdir(parents=True)
    (root / "usr/bin/python3").symlink_to(os.path.realpath(sys.executable))
    (root / "usr/bin/apt-get").write_text(_APT_GET)
    (root / "usr/bin/apt-get").chmod(0o755)

    for instruction, arguments in _instructions():
        if instruction == "RUN":
            _run(image, arguments)
        elif instruction == "COPY":
            _copy(image, context, *arguments.split())
        else:
            assert instruction in _OUTSIDE, f"the test does not know {instruction}"
    return image


def _instructions() -> list[tuple[str, str]]:
    text = (ROOT / "examples" / "docker" / "Dockerfile").read_text()
    lines = re.sub(r"^#.*\n", "", text, flags=re.M).replace("\\\n", "").splitlines()
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in lines if line.strip()]


def _run(image: Image, command: str) -> None:
    env = {
        **os.environ,
        "PATH": f"{image.root / 'usr' / 'bin'}:{os.environ['PATH']}",
        "FLINK_VERSION": version("apache-flink"),
        "PIP_NO_INDEX": "1",
        "PIP_NO_DEPS": "1",
    }
    subprocess.run(
        ["sh", "-euc", image.mapped(command)],
        cwd=image.flink_home,
        env=env,
        check=True,
        timeout=300,
    )
    venv = image.root / "opt" / "venv"
    if venv.is_dir() and not (image.root / "packages").is_dir():
        _show_packages(image.root / "packages", venv)


def _show_packages(packages: Path, venv: Path) -> None:
    """Shows the venv the packages of the tests, without the checkout."""
    packages.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not re.match(r"(__editable__.*)?pyflink_ml_embedded", path.name):
            (packages / path.name).symlink_to(path)
    (site_packages,) = venv.glob("lib/python3*/site-packages")
    (site_packages / "tests.pth").write_text(f"{packages}\n")


def _copy(image: Image, context: Path, pattern: str, target: str) -> None:
    directory = Path(image.mapped(target))
    directory.mkdir(parents=True, exist_ok=True)
    sources = glob.glob(str(context / pattern))
    assert sources, f"the build context has no {pattern}"
    for source in map(Path, sources):
        if source.is_dir():
            shutil.copytree(source, directory, dirs_exist_ok=True)
        else:
            shutil.copy(source, directory)
