# SPDX-License-Identifier: Apache-2.0
"""The columns of the task of a model of transformers or sentence-transformers."""

from __future__ import annotations

from collections.abc import Mapping

from .._context import PredictContext
from .._exceptions import ModelError
from ..models.transformers._directory import ModelDirectory, read_directory
from ..models.transformers._tasks import find_task

_RANKED = {"label": "STRING", "score": "DOUBLE"}
_ALL_RANKED = {"labels": "ARRAY<STRING>", "scores": "ARRAY<DOUBLE>"}
_POSITIONS = "`start` INT, `end` INT"
_OUTPUTS: Mapping[str, Mapping[str, str]] = {
    "text-classification": _RANKED,
    "zero-shot-classification": _RANKED,
    "image-classification": _RANKED,
    "question-answering": {"answer": "STRING", "score": "DOUBLE"},
    "fill-mask": {"token_str": "STRING", "score": "DOUBLE"},
    "text-generation": {"generated_text": "STRING"},
    "text2text-generation": {"generated_text": "STRING"},
    "summarization": {"summary_text": "STRING"},
    "sentence-embedding": {"embedding": "ARRAY<FLOAT>"},
    "feature-extraction": {"features": "ARRAY<ARRAY<FLOAT>>"},
}
# With the property top-k, which is for several results.
_TOP_OUTPUTS: Mapping[str, Mapping[str, str]] = {
    "text-classification": _ALL_RANKED,
    "zero-shot-classification": _ALL_RANKED,
    "image-classification": _ALL_RANKED,
    "question-answering": {"answers": f"ARRAY<ROW<`answer` STRING, `score` DOUBLE, {_POSITIONS}>>"},
    "fill-mask": {
        "predictions": (
            "ARRAY<ROW<`token_str` STRING, `score` DOUBLE, `token` INT, `sequence` STRING>>"
        )
    },
}


def infer(context: PredictContext) -> tuple[dict[str, str], dict[str, str]]:
    """Returns the types of the columns of INPUT and OUTPUT, by name.

    The weights are not loaded.

    Raises:
        ModelError: the files do not determine the task, or whether it reads pairs of texts.
    """
    properties = context.properties
    directory = read_directory(context.model_directory)
    task = find_task(directory, properties)
    optional = {"text_pair"} if _reads_pairs(directory, task.name) else set()
    if "candidate-labels" not in properties:
        optional.add("candidate_labels")
    inputs = {
        parameter.name: parameter.kind
        for parameter in task.cls.parameters
        if not parameter.optional or parameter.name in optional
    }
    if task.name == "token-classification":
        return inputs, {"entities": _entities(properties.get("aggregation-strategy", "none"))}
    outputs = _TOP_OUTPUTS if "top-k" in properties else _OUTPUTS
    return inputs, dict(outputs[task.name])


def _reads_pairs(directory: ModelDirectory, task: str) -> bool:
    """Returns whether a classifier reads pairs of texts.

    Raises:
        ModelError: it may, as its labels say.
    """
    if task != "text-classification" or directory.is_cross_encoder:
        return directory.is_cross_encoder
    labels = directory.config.get("id2label") or {}
    if any(str(label).lower().startswith("entail") for label in labels.values()):
        raise ModelError(
            f"the labels in '{directory.transformer}/config.json' are those of natural language "
            "inference. Either set the option 'properties.task' to 'zero-shot-classification', or "
            "give the columns of a pair: inputs='text STRING, text_pair STRING'"
        )
    return False


def _entities(aggregation: str) -> str:
    kind = "`entity` STRING" if aggregation == "none" else "`entity_group` STRING"
    index = "`index` INT, " if aggregation == "none" else ""
    return f"ARRAY<ROW<{kind}, `score` DOUBLE, {index}`word` STRING, {_POSITIONS}>>"
