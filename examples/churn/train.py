# SPDX-License-Identifier: Apache-2.0
"""Trains a model of customers who leave, saves it with MLflow, and writes customers to score."""

import shutil
from pathlib import Path

import mlflow.sklearn
import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

FEATURES = ["months", "plan", "support_calls"]


def make_customers(count: int, seed: int) -> pd.DataFrame:
    """Returns customers of whom those leave who are new, call often or have no contract."""
    random = np.random.default_rng(seed)
    customers = pd.DataFrame(
        {
            "id": np.arange(count),
            "months": random.integers(1, 60, count),
            "plan": random.choice(["monthly", "yearly", "family"], count, p=[0.5, 0.3, 0.2]),
            "support_calls": random.poisson(1.5, count),
        }
    )
    trouble = customers["support_calls"] - customers["months"] / 12 + random.normal(0, 1, count)
    customers["leaves"] = trouble + (customers["plan"] == "monthly") > 1
    return customers


def main() -> None:
    """Writes the model and the customers to the directory ``output``."""
    output = Path(__file__).parent / "output"
    shutil.rmtree(output, ignore_errors=True)
    seen, unseen = make_customers(2000, seed=1), make_customers(500, seed=2)

    columns = make_column_transformer(
        (OneHotEncoder(), ["plan"]), (StandardScaler(), ["months", "support_calls"])
    )
    model = make_pipeline(columns, LogisticRegression()).fit(seen[FEATURES], seen["leaves"])
    mlflow.sklearn.save_model(
        model,
        output / "model",
        signature=mlflow.models.infer_signature(
            seen[FEATURES], model.predict_proba(seen[FEATURES])
        ),
        pyfunc_predict_fn="predict_proba",
        serialization_format="cloudpickle",
    )
    unseen.to_csv(output / "customers.csv", index=False, header=False)
    accuracy = model.score(unseen[FEATURES], unseen["leaves"])
    print(f"accuracy for {len(unseen)} other customers: {accuracy:.2f}")


if __name__ == "__main__":
    main()
