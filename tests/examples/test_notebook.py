# SPDX-License-Identifier: Apache-2.0
"""The notebook runs from its first cell to its last."""

import json
from pathlib import Path

import pytest

from .checkout import make_checkout

_NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook" / "payments.ipynb"


def test_notebook_has_no_outputs() -> None:
    """Outputs of an old run mislead, and make each change of the file large."""
    for cell in _cells(_NOTEBOOK):
        assert cell.get("outputs", []) == []
        assert cell.get("execution_count") is None


@pytest.mark.slow
def test_notebook_shows_what_its_readme_shows(tmp_path: Path) -> None:
    """It is executed by the command of its README, in the directory of the notebook."""
    checkout = make_checkout(tmp_path / "checkout")
    (execute,) = checkout.commands("notebook")
    checkout.run(execute)

    *_, table, suspicious = _cells(checkout.directory("notebook") / "executed.ipynb")
    shown = "".join(table["outputs"][0]["data"]["text/plain"])
    assert checkout.shown_rows("notebook") == set(shown.replace(" ", "").splitlines())
    assert suspicious["outputs"][0]["data"]["text/plain"] == ["[4, 2]"]


def _cells(notebook: Path) -> list[dict]:
    return json.loads(notebook.read_text())["cells"]
