# SPDX-License-Identifier: Apache-2.0
"""An operator can forbid pickles for all jobs of a cluster."""

import os
from pathlib import Path

import mlflow.sklearn
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from .sql import run_sql


def test_configuration_of_the_task_manager_forbids_what_a_job_permits(tmp_path: Path) -> None:
    """The user of a session can set anything for its own statements."""
    classifier = LogisticRegression(max_iter=1000).fit(*load_iris(return_X_y=True))
    mlflow.sklearn.save_model(
        classifier, tmp_path / "iris", serialization_format="cloudpickle", pip_requirements=[]
    )
    conf = tmp_path / "conf"
    conf.mkdir()
    (conf / "config.yaml").write_text("ml.generic-python.allow-pickle: false\n")
    model = (
        "CREATE MODEL m INPUT (a DOUBLE, b DOUBLE, c DOUBLE, d DOUBLE) OUTPUT (label BIGINT) WITH"
        f" ('provider' = 'generic-python', 'model-directory-path' = '{tmp_path}/iris',"
        " 'allow-pickle' = 'true')"
    )
    row = "(SELECT 5.1e0 AS a, 3.5e0 AS b, 1.4e0 AS c, 0.2e0 AS d)"
    query = f"SELECT label FROM ML_PREDICT({row}, MODEL m, DESCRIPTOR(a, b, c, d))"

    _, failed = run_sql(
        model,
        query,
        env={**os.environ, "FLINK_CONF_DIR": str(conf)},
        options={"ml.generic-python.allow-pickle": "true"},
    )

    assert failed.failure is not None
    assert "is loaded by pickle, which can run any code when it is loaded" in failed.failure
