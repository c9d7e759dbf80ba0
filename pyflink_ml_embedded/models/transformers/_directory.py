# SPDX-License-Identifier: Apache-2.0
"""Reads the settings of a directory in the format of transformers or sentence-transformers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..._exceptions import ModelError
from .._requirements import require_directory

# Before version 5, sentence-transformers wrote one flag for each pooling.
_POOLING_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
POOLINGS = ("mean", "cls", "max")


@dataclass(frozen=True)
class ModelDirectory:
    """A model directory.

    Attributes:
        path: the directory that the user specified.
        transformer: the directory of config.json, the weights and the tokenizer.
        config: the contents of config.json.
        modules: the class name and directory of each module in modules.json; empty without this
            file.
    """

    path: str
    transformer: str
    config: Mapping[str, Any]
    modules: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SentenceSettings:
    """How sentence-transformers computes an embedding.

    Attributes:
        pooling: one of ``POOLINGS``.
        normalize: whether embeddings have the length 1.
        max_length: the maximum number of tokens of a text, or None.
        lower_case: whether texts are converted to lower case.
        prompt: a prefix for each text.
    """

    pooling: str = "mean"
    normalize: bool = False
    max_length: int | None = None
    lower_case: bool = False
    prompt: str = ""


def read_directory(path: str | None) -> ModelDirectory:
    """Finds the files of a model.

    Raises:
        ModelError: config.json is missing, or a JSON file cannot be read.
    """
    path = require_directory(path, "TransformersPredictFunction")
    modules = tuple(
        (
            str(module["type"]).rpartition(".")[2],
            os.path.normpath(os.path.join(path, module["path"])),
        )
        for module in _read_json(path, "modules.json") or ()
    )
    transformer = path
    if modules:
        name, transformer = modules[0]
        if name != "Transformer":
            raise ModelError(
                f"the first module in '{path}/modules.json' is '{name}'; it must be a Transformer"
            )
    config = _read_json(transformer, "config.json")
    if config is None:
        raise ModelError(
            f"'{transformer}' has no config.json; save the model with save_pretrained of "
            "transformers"
        )
    return ModelDirectory(path, transformer, config, modules)


def read_sentence_settings(directory: ModelDirectory) -> SentenceSettings:
    """Reads the files of sentence-transformers; returns the defaults if there are none.

    Raises:
        ModelError: a module or a pooling is not supported.
    """
    if not directory.modules:
        return SentenceSettings()
    modules = dict(directory.modules[1:])
    if "Pooling" not in modules or modules.keys() - {"Pooling", "Normalize"}:
        raise ModelError(
            f"'{directory.path}/modules.json' has the modules "
            f"{', '.join(name for name, _ in directory.modules)}; TransformersPredictFunction "
            "supports Transformer, Pooling and Normalize: for other modules, write a predict "
            "function with sentence-transformers"
        )
    pooling = _read_json(modules["Pooling"], "config.json") or {}
    encoder = _read_json(directory.transformer, "sentence_bert_config.json") or {}
    model = _read_json(directory.path, "config_sentence_transformers.json") or {}
    prompt = (model.get("prompts") or {}).get(model.get("default_prompt_name")) or ""
    if prompt and not pooling.get("include_prompt", True):
        raise ModelError(
            f"'{modules['Pooling']}/config.json' excludes the prompt (include_prompt), which "
            "TransformersPredictFunction does not support: write a predict function with "
            "sentence-transformers"
        )
    return SentenceSettings(
        pooling=_pooling_mode(pooling, modules["Pooling"]),
        normalize="Normalize" in modules,
        max_length=encoder.get("max_seq_length"),
        lower_case=bool(encoder.get("do_lower_case")),
        prompt=prompt,
    )


def _pooling_mode(config: Mapping[str, Any], directory: str) -> str:
    modes = config.get("pooling_mode")
    if modes is None:
        modes = [mode for flag, mode in _POOLING_FLAGS.items() if config.get(flag)]
    elif isinstance(modes, str):
        modes = [modes]
    mode = ", ".join(modes) or "mean"
    if mode not in POOLINGS:
        raise ModelError(
            f"'{directory}/config.json' has the pooling {mode}; TransformersPredictFunction "
            f"supports one of: {', '.join(POOLINGS)}"
        )
    return mode


def _read_json(directory: str, name: str) -> Any:
    """Returns the contents of a file; None if it does not exist."""
    try:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ModelError(f"'{directory}/{name}' is not valid JSON: {error}") from error
