"""The README's examples are the files in examples/, and run."""

import re

import pytest


@pytest.fixture
def blocks(root):
    """The code blocks of the README, by language, in order."""
    text = (root / "README.md").read_text()
    found: dict[str, list[str]] = {}
    for language, code in re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S):
        found.setdefault(language, []).append(code)
    return found


def test_model_and_script_are_the_ones_in_examples(root, blocks):
    """What is shown and what is run must not drift apart."""
    example = root / "examples" / "fraud"
    assert blocks["python"][0] in (example / "fraud.py").read_text()
    assert blocks["sql"][0] in (example / "fraud.sql").read_text()
    assert blocks["python"][2] in (example / "fraud_batch.py").read_text()
    for statement in blocks["sql"][1].split("\n\n"):
        assert statement.strip() in (example / "fraud_batch.sql").read_text()


@pytest.mark.parametrize("script", ["fraud.sql", "fraud_batch.sql"])
def test_sql_example_runs(run_command, script):
    """It is the first thing that a reader tries."""
    result = run_command("sql", f"examples/fraud/{script}")
    assert result.returncode == 0, result.stdout
    assert re.search(r"410\.0 \|\s+FR \|\s+0\.845\d* \|\s+TRUE", result.stdout), result.stdout
    assert "4 rows in set" in result.stdout


def test_pyflink_example_runs(run_python, blocks):
    """It uses the public helper for a table environment."""
    result = run_python("-c", blocks["python"][1])
    assert result.returncode == 0, result.stdout
    assert "0.845" in result.stdout
