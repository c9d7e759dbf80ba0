# SPDX-License-Identifier: Apache-2.0
"""The model of transformers to begin with."""

from ..test_new import make_and_check


def test_model_passes_its_check_and_its_tests(tmp_path, capsys):
    """It is made without a download, so that it can be tried anywhere."""
    make_and_check(tmp_path / "model", "transformers", capsys)
