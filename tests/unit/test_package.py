"""What ``import pyflink_ml_embedded`` gives and costs."""

import re
import subprocess
import sys
from pathlib import Path

import pyflink_ml_embedded

CHECKOUT = Path(__file__).parents[2]


def test_public_names_exist():
    """``from pyflink_ml_embedded import *`` must not fail."""
    for name in pyflink_ml_embedded.__all__:
        assert hasattr(pyflink_ml_embedded, name)


def test_version_is_that_of_the_project():
    """The extension is compiled with it; a stale build would be refused by the jar."""
    project = (CHECKOUT / "pyproject.toml").read_text()
    assert pyflink_ml_embedded.__version__ == re.search(r'^version = "(.*?)"', project, re.M)[1]


def test_import_loads_no_large_library():
    """A model that needs no pyflink, numpy or pyarrow must not pay for them."""
    code = (
        "import sys, pyflink_ml_embedded\n"
        "print({'pyflink', 'numpy', 'pyarrow', 'pandas'} & sys.modules.keys())"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, timeout=60
    )
    assert result.stdout.strip() == "set()"
