# SPDX-License-Identifier: Apache-2.0
"""Models of four libraries predict the same in Flink SQL as in the libraries.

So do those that the command ``new`` writes, whose statements are also what ``check`` prints.
"""

import json
import zipfile
from pathlib import Path

import lightgbm
import mlflow.sklearn
import numpy as np
import onnxruntime
import pandas as pd
import pytest
import xgboost
from mlflow.models import infer_signature
from skl2onnx import to_onnx
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from .new_model import new_model
from .sql import Result, run_sql

FEATURES, LABELS = load_iris(return_X_y=True)
ROWS = FEATURES[::25]
BATCHES = ", 'batch-size' = '16'"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a model of each library: in an archive, as a directory, in a tarball."""
    root = tmp_path_factory.mktemp("models")
    classifier = LogisticRegression(max_iter=1000).fit(FEATURES, LABELS)

    exported = to_onnx(classifier, FEATURES[:1].astype(np.float32), options={"zipmap": False})
    with zipfile.ZipFile(root / "iris.zip", "w") as archive:
        archive.writestr("iris.onnx", exported.SerializeToString())

    frame = pd.DataFrame(FEATURES, columns=list("abcd"))
    named = LogisticRegression(max_iter=1000).fit(frame, LABELS)
    mlflow.sklearn.save_model(
        named,
        root / "iris",
        signature=infer_signature(frame, named.predict(frame)),
        serialization_format="cloudpickle",
    )

    for name in ("lightgbm", "xgboost"):
        (root / name).mkdir()
    trees = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(FEATURES, LABELS)
    trees.booster_.save_model(root / "lightgbm" / "model.txt")
    xgboost.XGBClassifier(n_estimators=5).fit(FEATURES, LABELS).save_model(
        root / "xgboost" / "model.json"
    )
    return root


# The kinds of models that are written for each of the two JVMs, and a result of each row.
NEW = {
    "": {
        "row": ["0.227", "0.845", "0.454"],
        "onnx": ["], 0, [", "], 2, ["],
        "mlflow": [", 0.227", ", 0.845", ", 0."],
    },
    BATCHES: {"batch": ["0.227", "0.845", "0.454"]},
}


@pytest.fixture(scope="module", params=["", BATCHES], ids=["rows", "batches"])
def done(
    directory: Path, request: pytest.FixtureRequest
) -> tuple[list[Result], dict[str, list[Result]]]:
    """The results of all statements, and those of each new model, all in one JVM."""
    models = [
        ("iris.zip", "label BIGINT, p ARRAY<FLOAT>", "label, CAST(p AS STRING)"),
        ("iris", "label BIGINT", "label"),
        ("lightgbm", "p ARRAY<DOUBLE>", "CAST(p AS STRING)"),
        ("xgboost", "p ARRAY<FLOAT>", "CAST(p AS STRING)"),
    ]
    values = ", ".join(f"({', '.join(f'{value!r}e0' for value in row)})" for row in ROWS.tolist())
    statements = [f"CREATE VIEW irises AS SELECT * FROM (VALUES {values}) AS t (a, b, c, d)"]
    for number, (path, outputs, selected) in enumerate(models):
        options = request.param + (", 'properties.engine' = 'c'" if path == "iris.zip" else "")
        statements += [
            f"CREATE MODEL m{number} "
            f"INPUT (a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE) OUTPUT ({outputs}) WITH ("
            f"'provider' = 'generic-python', 'model-directory-path' = 'file://{directory}/{path}', "
            f"'model-cache-directory' = '{directory}/cache', 'warm-up' = 'true'{options})",
            f"SELECT {selected} "
            f"FROM ML_PREDICT(TABLE irises, MODEL m{number}, DESCRIPTOR(a, b, c, d))",
        ]
    scripts = {
        kind: new_model(directory / f"a `{kind}`'s model", kind) for kind in NEW[request.param]
    }
    done = run_sql(*statements, *(each for script in scripts.values() for each in script))
    failures = [result.failure for result in done if result.failure is not None]
    assert not failures, json.dumps(failures, indent=1)
    rest = iter(done[len(statements) :])
    return done[: len(statements)], {
        kind: [next(rest) for _ in script] for kind, script in scripts.items()
    }


@pytest.fixture(scope="module")
def results(done: tuple[list[Result], dict[str, list[Result]]]) -> list[list[str]]:
    """The rows of the query of each library's model."""
    return [result.rows or [] for result in done[0][2::2]]


def test_new_models_predict(done: tuple[list[Result], dict[str, list[Result]]]) -> None:
    """Names and paths are quoted, and the columns of the view fit the model."""
    (expected,) = (kinds for kinds in NEW.values() if kinds.keys() == done[1].keys())
    for kind, (_, _, query, _) in done[1].items():
        pairs = list(zip(query.rows or [], expected[kind], strict=True))
        assert all(text in row for row, text in pairs), pairs


def test_onnx_in_an_archive_predicts_what_onnxruntime_predicts(
    directory: Path, results: list[list[str]]
) -> None:
    """A result has a label and a vector of probabilities."""
    with zipfile.ZipFile(directory / "iris.zip") as archive:
        session = onnxruntime.InferenceSession(archive.read("iris.onnx"))
    labels, probabilities = session.run(None, {"X": ROWS.astype(np.float32)})
    parsed = [row.removeprefix("+I[").removesuffix("]").split(", ", 1) for row in results[0]]
    assert [int(label) for label, _ in parsed] == labels.tolist()
    assert np.allclose([json.loads(p) for _, p in parsed], probabilities, atol=1e-6)


def test_mlflow_directory_predicts_what_mlflow_predicts(
    directory: Path, results: list[list[str]]
) -> None:
    """The model's signature defines the columns."""
    expected = mlflow.pyfunc.load_model(str(directory / "iris")).predict(
        pd.DataFrame(ROWS, columns=list("abcd"))
    )
    assert results[1] == [f"+I[{label}]" for label in expected]


def test_trees_predict_what_their_library_predicts(
    directory: Path, results: list[list[str]]
) -> None:
    """Shortest texts of numbers are read back as the same numbers."""
    by_lightgbm = lightgbm.Booster(model_file=directory / "lightgbm" / "model.txt").predict(ROWS)
    by_xgboost = xgboost.Booster(model_file=directory / "xgboost" / "model.json").inplace_predict(
        ROWS
    )
    given = [
        np.array([json.loads(row.removeprefix("+I[").removesuffix("]")) for row in rows])
        for rows in results[2:4]
    ]
    assert np.array_equal(given[0], by_lightgbm)
    assert np.array_equal(given[1].astype(np.float32), by_xgboost)
