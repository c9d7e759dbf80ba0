# SPDX-License-Identifier: Apache-2.0
"""All tasks by name, and the choice of the task for a model directory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ..._exceptions import ModelError
from ..._properties import choice
from ._classification import TextClassification, ZeroShotClassification
from ._directory import ModelDirectory
from ._embedding import FeatureExtraction, SentenceEmbedding
from ._fill_mask import FillMask
from ._generation import Summarization, TextGeneration, TextToText
from ._images import ImageClassification
from ._questions import QuestionAnswering
from ._static import StaticEmbedding
from ._task import Task
from ._tokens import TokenClassification

TASKS: Mapping[str, type[Task]] = {
    "text-classification": TextClassification,
    "zero-shot-classification": ZeroShotClassification,
    "token-classification": TokenClassification,
    "question-answering": QuestionAnswering,
    "fill-mask": FillMask,
    "text-generation": TextGeneration,
    "text2text-generation": TextToText,
    "summarization": Summarization,
    "feature-extraction": FeatureExtraction,
    "sentence-embedding": SentenceEmbedding,
    "image-classification": ImageClassification,
}
# The tasks of the classes of sentence-transformers that write modules.json.
_KINDS = {"SentenceTransformer": "sentence-embedding", "CrossEncoder": "text-classification"}
# These tasks are run only if they are set, because several tasks have the same architecture.
_ON_REQUEST = (
    "zero-shot-classification",
    "text2text-generation",
    "summarization",
    "feature-extraction",
    "sentence-embedding",
)


class FoundTask(NamedTuple):
    """The task of a model directory.

    Attributes:
        name: the name of the task.
        cls: the class that performs it.
        reason: the end of a message, with what determined the task and how to set another; empty
            if the user set it.
    """

    name: str
    cls: type[Task]
    reason: str


def find_task(directory: ModelDirectory, properties: Mapping[str, str]) -> FoundTask:
    """Returns the task of the property, or the one that the model was trained for.

    Raises:
        ModelError: the property is not valid, or the model's architecture is unknown or not that
            of the task.
    """
    if "task" in properties:
        name = choice(properties, "task", list(TASKS), "")
        _check_architecture(directory, name)
        reason = ""
    else:
        name, layout = _of_layout(directory)
        reason = (
            f". The task is that of {layout}; the option 'properties.task' sets another: "
            f"{', '.join(TASKS)}"
        )
    static = name == "sentence-embedding" and directory.is_static
    return FoundTask(name, StaticEmbedding if static else TASKS[name], reason)


def _of_layout(directory: ModelDirectory) -> tuple[str, str]:
    """Returns the task that a directory was written for, and what determines it."""
    if directory.modules:
        name = _KINDS.get(directory.kind)
        if name is None:
            raise ModelError(
                f"'{directory.path}/config_sentence_transformers.json' has the model_type "
                f"{directory.kind}; TransformersPredictFunction supports {' and '.join(_KINDS)}: "
                "write a predict function with sentence-transformers"
            )
        return name, f"a {directory.kind}, according to '{directory.path}/modules.json'"
    file = f"'{directory.transformer}/config.json'"
    for architecture in directory.architectures:
        for name, task in TASKS.items():
            if name not in _ON_REQUEST and architecture.endswith(task.architectures):
                return name, f"the architecture {architecture} in {file}"
        # Models with a head end with HeadModel or HeadsModel.
        if architecture.endswith("Model") and not architecture.endswith(
            ("HeadModel", "HeadsModel")
        ):
            return "feature-extraction", f"the architecture {architecture} in {file}"
    raise ModelError(
        f"the architectures in {file} do not determine a task: "
        f"{', '.join(directory.architectures) or 'none'}. Set the option 'properties.task' to one "
        f"of: {', '.join(TASKS)}"
    )


def _check_architecture(directory: ModelDirectory, name: str) -> None:
    endings = TASKS[name].architectures
    found = directory.architectures
    if endings and found and not any(architecture.endswith(endings) for architecture in found):
        raise ModelError(
            f"option 'properties.task' is '{name}', which needs a model ..."
            f"{' or ...'.join(endings)}; '{directory.transformer}/config.json' has the "
            f"architecture {', '.join(found)}"
        )
