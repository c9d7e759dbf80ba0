"""What ``import pyflink_ml_embedded`` gives and costs."""

import subprocess
import sys

import pyflink_ml_embedded


def test_public_names_exist():
    """``from pyflink_ml_embedded import *`` must not fail."""
    for name in pyflink_ml_embedded.__all__:
        assert hasattr(pyflink_ml_embedded, name)


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
