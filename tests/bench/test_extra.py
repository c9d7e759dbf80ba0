# SPDX-License-Identifier: Apache-2.0
"""The command without the extra ``bench`` shows its help, or names the extra."""

import subprocess
import sys

import pytest

EXTRA = ("jinja2", "matplotlib", "onnx", "orjson", "pyperf", "scipy", "sklearn", "uvicorn")
WITHOUT_EXTRA = f"""
import sys
sys.modules.update(dict.fromkeys({EXTRA}))  # a module that is None cannot be imported
from pyflink_ml_embedded.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run(*arguments):
    """Runs the command without the modules of the extra."""
    command = [sys.executable, "-c", WITHOUT_EXTRA, *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def test_help_needs_no_extra():
    """Every user has the command, also without the extra."""
    result = run("bench", "--help")
    assert result.returncode == 0, result.stderr
    assert "--contenders" in result.stdout


@pytest.mark.parametrize(
    "arguments", [["--contenders", "java"], ["report", "nowhere"], ["compare", "here", "there"]]
)
def test_missing_extra_is_named_with_the_remedy(arguments):
    """A traceback would not say what to install."""
    result = run("bench", *arguments)
    assert result.returncode == 1
    assert "is not installed, which the benchmark needs" in result.stderr
    assert "pip install 'pyflink-ml-embedded[bench]'" in result.stderr
    assert "Traceback" not in result.stderr
