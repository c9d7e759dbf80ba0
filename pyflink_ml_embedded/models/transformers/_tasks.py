# SPDX-License-Identifier: Apache-2.0
"""All tasks by name, and the choice of the task for a model directory."""

from __future__ import annotations

from collections.abc import Mapping

from ..._exceptions import ModelError
from ..._properties import choice
from ._classification import TextClassification, ZeroShotClassification
from ._directory import ModelDirectory
from ._embedding import FeatureExtraction, SentenceEmbedding
from ._task import Task
from ._tokens import TokenClassification

TASKS: Mapping[str, type[Task]] = {
    "text-classification": TextClassification,
    "zero-shot-classification": ZeroShotClassification,
    "token-classification": TokenClassification,
    "feature-extraction": FeatureExtraction,
    "sentence-embedding": SentenceEmbedding,
}


def find_task(directory: ModelDirectory, properties: Mapping[str, str]) -> str:
    """Returns the task of the property, or the one that the model was trained for.

    Raises:
        ModelError: the property is not valid, or the model's architecture is unknown or not that
            of the task.
    """
    architectures = directory.config.get("architectures") or []
    if "task" in properties:
        task = choice(properties, "task", list(TASKS), "")
        ending = TASKS[task].architecture
        if architectures and not any(name.endswith(ending) for name in architectures):
            raise ModelError(
                f"option 'properties.task' is '{task}', which needs a model ...{ending}; "
                f"'{directory.transformer}/config.json' has the architecture "
                f"{', '.join(architectures)}"
            )
        return task
    if directory.modules:
        return "sentence-embedding"
    for task in ("text-classification", "token-classification"):
        if any(name.endswith(TASKS[task].architecture) for name in architectures):
            return task
    encoders = [name for name in architectures if not name.endswith("HeadModel")]
    if any(name.endswith(("Model", "ForMaskedLM", "ForPreTraining")) for name in encoders):
        return "feature-extraction"
    raise ModelError(
        f"the architectures in '{directory.transformer}/config.json' do not determine a task: "
        f"{', '.join(architectures) or 'none'}. Set the option 'properties.task' to one of: "
        f"{', '.join(TASKS)}"
    )
