# SPDX-License-Identifier: Apache-2.0
"""The examples of the README and of docs/ match the files in examples/, and run."""

import re
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from types import SimpleNamespace
from unittest.mock import Mock

import pyarrow
import pytest

from pyflink_ml_embedded import BatchPredictFunction, PredictContext, Schema

Block = Callable[[str, str, str], str]
Run = Callable[..., CompletedProcess[str]]


def _blocks(document: Path) -> list[tuple[str, str]]:
    """Returns the language and the text of each code block."""
    return re.findall(r"^```(\w+)\n(.*?)^```$", document.read_text(), re.M | re.S)


@pytest.fixture
def block(root: Path) -> Block:
    """Returns a function that finds the one code block of a language with a text in it."""

    def block(document: str, language: str, part: str) -> str:
        (found,) = [
            code for name, code in _blocks(root / document) if name == language and part in code
        ]
        return found

    return block


def test_row_model_is_the_one_in_examples(root: Path, block: Block) -> None:
    """The documentation must show the code that the tests run."""
    example = root / "examples" / "fraud"
    assert block("README.md", "python", "class FraudModel") in (example / "fraud.py").read_text()
    assert block("README.md", "sql", "CREATE TEMPORARY VIEW") in (example / "fraud.sql").read_text()


def test_batch_model_is_the_one_in_examples(root: Path, block: Block) -> None:
    """The documentation must show the code that the tests run."""
    page = "docs/write-a-model.md"
    example = root / "examples" / "fraud"
    model = block(page, "python", "class FraudBatchModel")
    assert model in (example / "fraud_batch.py").read_text()
    for statement in block(page, "sql", "fraud_batch").split("\n\n"):
        assert statement.strip() in (example / "fraud_batch.sql").read_text()


def test_shared_weights_are_loaded_by_the_lines_that_are_shown(block: Block) -> None:
    """Readers copy these lines into a class."""
    shown = block("docs/write-a-model.md", "python", "shared(")
    names = {"load_weights": "weights of {}".format}
    exec("class Model:\n    model_directory = '/models/m'\n" + shown, names)
    model = names["Model"]()
    schema = Schema.parse("x INT")
    model.open(PredictContext("m", "/models/m", {}, schema, schema, 0, 1))
    assert model.weights == "weights of /models/m"


def test_several_results_of_a_row_are_returned_by_the_lines_that_are_shown(block: Block) -> None:
    """Readers copy these lines into a class."""
    shown = block("docs/batching.md", "python", "sentences")
    names = {"Base": BatchPredictFunction, "split": str.split}
    exec("class Model(Base):\n" + shown, names)
    batch = pyarrow.record_batch({"text": ["a b", "", "c"]})
    assert names["Model"]().predict_batch(batch) == ({"sentence": ["a", "b", "c"]}, [0, 0, 2])


def test_class_for_batches_and_its_udf_work_as_shown(block: Block) -> None:
    """Readers of the page copy this example first."""
    shown = "".join(block("docs/batching.md", "python", part) for part in ("load(", "as_udf("))
    model = SimpleNamespace(predict=lambda matrix: matrix.sum(axis=1))
    table_env = Mock()
    names = {"load": lambda directory: model, "table_env": table_env}
    exec(shown, names)
    prices = names["Prices"]()
    prices.open(SimpleNamespace(model_directory="/models/prices"))
    batch = pyarrow.record_batch({"a": [1.0], "b": [2.0], "c": [3.0]})
    assert prices.predict_batch(batch)["price"].tolist() == [6.0]
    table_env.create_temporary_function.assert_called_once_with("predict", names["predict"])


def test_output_of_the_example_is_the_one_that_tests_compare(block: Block) -> None:
    """Readers try this example first; tests/examples runs it."""
    assert block("README.md", "text", "0.845") == block("examples/fraud/README.md", "text", "0.845")


def test_pyflink_example_runs(run_python: Run, block: Block) -> None:
    """It uses the public helper for a table environment."""
    result = run_python("-c", block("docs/deployment.md", "python", "use_provider"))
    assert result.returncode == 0, result.stdout
    assert "0.845" in result.stdout
