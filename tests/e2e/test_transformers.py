# SPDX-License-Identifier: Apache-2.0
"""A model of transformers predicts the same in Flink SQL as in the library."""

import tarfile
from pathlib import Path

import pytest
import transformers
from unit.transformers.tiny_bert import make_tokenizer, save_bert

from .new_model import new_model
from .sql import run_sql

TEXTS = ["a good film", "a bad film", "good and bad"]


def test_model_in_a_tarball_predicts_what_its_pipeline_predicts(tmp_path: Path) -> None:
    """The model is in a folder of its archive, as tar creates it. One that ``new`` writes runs."""
    bert = tmp_path / "bert"
    save_bert(bert, make_tokenizer(TEXTS), "BertForSequenceClassification", ["NO", "YES"])
    with tarfile.open(tmp_path / "bert.tar.gz", "w:gz") as tarball:
        tarball.add(bert, "bert")
    texts = ", ".join(f"('{text}')" for text in TEXTS)
    statements = [
        f"CREATE VIEW reviews AS SELECT CAST(t AS STRING) AS t FROM (VALUES {texts}) AS v (t)"
    ]
    for path, option in [("by_row", ""), ("by_batch", ", 'batch-size' = '16'")]:
        statements += [
            f"CREATE MODEL {path} INPUT (t STRING) OUTPUT (label STRING, score DOUBLE) WITH ("
            f"'provider' = 'generic-python', "
            f"'model-directory-path' = 'file://{tmp_path}/bert.tar.gz', "
            f"'model-cache-directory' = '{tmp_path}/cache', 'warm-up' = 'true'{option})",
            f"SELECT label, score FROM ML_PREDICT(TABLE reviews, MODEL {path}, DESCRIPTOR(t))",
        ]
    new = new_model(tmp_path / "a `new` model", "transformers")

    results = run_sql(*statements, *new)

    assert [result.failure for result in results] == [None] * len(results)
    expected = transformers.pipeline("text-classification", str(bert))(TEXTS)
    for result in results[2 : len(statements) : 2]:
        parsed = [row.removeprefix("+I[").removesuffix("]").split(", ") for row in result.rows]
        assert [label for label, _ in parsed] == [given["label"] for given in expected]
        scores = [given["score"] for given in expected]
        assert [float(score) for _, score in parsed] == pytest.approx(scores, abs=1e-6)
    *_, predicted, _ = results
    assert predicted.rows is not None
    assert len(predicted.rows) == 2
    assert all("tive, 0." in row for row in predicted.rows)
