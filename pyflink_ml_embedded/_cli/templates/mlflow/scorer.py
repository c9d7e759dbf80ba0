# SPDX-License-Identifier: Apache-2.0
"""The model that make_model.py saves."""

import mlflow.models
import mlflow.pyfunc
import pandas as pd


class Scorer(mlflow.pyfunc.PythonModel):
    """Scores payments from 0 (usual) to 1 (unusual)."""

    usual_amount = {"DE": 80.0, "FR": 75.0, "US": 120.0}  # noqa: RUF012

    def predict(self, context, model_input: pd.DataFrame, params=None) -> pd.DataFrame:
        """Is called with a DataFrame of the signature's inputs."""
        usual = model_input["country"].map(self.usual_amount).fillna(50.0)
        score = model_input["amount"] / (model_input["amount"] + usual)
        return score.to_frame("score")


mlflow.models.set_model(Scorer())
