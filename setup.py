# SPDX-License-Identifier: Apache-2.0
"""Builds the libraries ``_native`` and ``_start`` of the package. The rest is in pyproject.toml."""

import os
import re
import shutil
import sys
from glob import glob
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import PlatformError

_COVERAGE = ["--coverage", "-O0"] if os.environ.get("PYFLINK_ML_EMBEDDED_COVERAGE") == "1" else []
_FLAGS = ["-std=c11", "-O3", "-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"]
_JNI_PLATFORM = "darwin" if sys.platform == "darwin" else "linux"


def _jni_include_dirs() -> list[str]:
    """Returns the directories of jni.h and jni_md.h in JAVA_HOME or in the JDK of javac."""
    homes = []
    if java_home := os.environ.get("JAVA_HOME"):
        homes.append(Path(java_home))
    if javac := shutil.which("javac"):
        homes.append(Path(javac).resolve().parent.parent)
    for home in homes:
        include = home / "include"
        if (include / "jni.h").is_file():
            return [str(include), str(include / _JNI_PLATFORM)]
    looked = ", ".join(str(home) for home in homes) or "JAVA_HOME is not set, no javac on the PATH"
    raise PlatformError(
        f"no JDK with include/jni.h found ({looked}); "
        "install a JDK, for example openjdk-17-jdk-headless, or set JAVA_HOME to one"
    )


def _readme() -> str:
    """Returns README.md with links that also lead somewhere on PyPI, which has no other files."""
    files = "https://github.com/pyflink-ml-embedded/pyflink-ml-embedded/blob/main/"
    text = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    return re.sub(r"\]\((?!\w+:|#)", f"]({files}", text)


class _BuildNative(build_ext):
    def build_extension(self, ext: Extension) -> None:
        ext.include_dirs += _jni_include_dirs()
        ext.define_macros.append(
            ("PYFLINK_ML_EMBEDDED_VERSION", f'"{self.distribution.get_version()}"')
        )
        super().build_extension(ext)


setup(
    long_description=_readme(),
    long_description_content_type="text/markdown",
    ext_modules=[
        Extension(
            "pyflink_ml_embedded._native",
            sources=sorted(glob("native/*.c")),
            depends=sorted(glob("native/*.h")),
            extra_compile_args=[*_FLAGS, *_COVERAGE],
            extra_link_args=_COVERAGE,
        ),
        # Not an extension but a library that Java loads before it starts Python.
        Extension(
            "pyflink_ml_embedded._start",
            sources=["native/start/start.c"],
            extra_compile_args=_FLAGS,
        ),
    ],
    cmdclass={"build_ext": _BuildNative},
)
