"""The README's examples are the files in examples/, and run."""

import re

import pytest

from pyflink_ml_embedded import PredictContext, Schema


@pytest.fixture
def block(root):
    """Returns a function that finds the one code block of a language with a text in it."""
    text = (root / "README.md").read_text()
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", text, re.M | re.S)

    def block(language, part):
        (found,) = [code for name, code in blocks if name == language and part in code]
        return found

    return block


def test_model_and_script_are_the_ones_in_examples(root, block):
    """The README must show the code that the tests run."""
    example = root / "examples" / "fraud"
    assert block("python", "class FraudModel") in (example / "fraud.py").read_text()
    assert block("sql", "CREATE TEMPORARY VIEW") in (example / "fraud.sql").read_text()
    assert block("python", "class FraudBatchModel") in (example / "fraud_batch.py").read_text()
    for statement in block("sql", "fraud_batch").split("\n\n"):
        assert statement.strip() in (example / "fraud_batch.sql").read_text()


def test_shared_weights_are_loaded_by_the_lines_that_are_shown(block):
    """Readers copy these lines into a class."""
    names = {"load_weights": "weights of {}".format}
    exec("class Model:\n    model_directory = '/models/m'\n" + block("python", "shared("), names)
    model = names["Model"]()
    schema = Schema.parse("x INT")
    model.open(PredictContext("m", "/models/m", {}, schema, schema, 0, 1))
    assert model.weights == "weights of /models/m"


@pytest.mark.parametrize("script", ["fraud.sql", "fraud_batch.sql"])
def test_sql_example_runs(run_command, script):
    """It is the first thing that a reader tries."""
    result = run_command("sql", f"examples/fraud/{script}")
    assert result.returncode == 0, result.stdout
    assert re.search(r"410\.0 \|\s+FR \|\s+0\.845\d* \|\s+TRUE", result.stdout), result.stdout
    assert "4 rows in set" in result.stdout


def test_pyflink_example_runs(run_python, block):
    """It uses the public helper for a table environment."""
    result = run_python("-c", block("python", "use_provider"))
    assert result.returncode == 0, result.stdout
    assert "0.845" in result.stdout
