# SPDX-License-Identifier: Apache-2.0
"""Reads the layout of a directory in the format of transformers or sentence-transformers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..._exceptions import ModelError
from .._requirements import path_inside, require_directory

_MODULE_KEYS = frozenset({"idx", "name", "path", "type", "kwargs"})
# The settings of a CrossEncoder in config.json, from version 4 on and before.
_CROSS_ENCODER_KEYS = frozenset({"sentence_transformers", "sbert_ce_default_activation_function"})
_INPUT_MODULES = ("Transformer", "StaticEmbedding")


class Module(NamedTuple):
    """A module of sentence-transformers: the name of its class, and its directory."""

    name: str
    directory: str


@dataclass(frozen=True)
class ModelDirectory:
    """A model directory.

    Attributes:
        path: the directory that the user specified.
        transformer: the directory of config.json, the weights and the tokenizer.
        config: the contents of config.json.
        modules: the modules in modules.json; empty without this file.
        sentences: the contents of config_sentence_transformers.json; empty without this file.
    """

    path: str
    transformer: str
    config: Mapping[str, Any]
    modules: tuple[Module, ...]
    sentences: Mapping[str, Any]

    @property
    def architectures(self) -> list[str]:
        """The class names in config.json; empty if it has none."""
        return list(self.config.get("architectures") or ())

    @property
    def kind(self) -> str:
        """The class of sentence-transformers that wrote modules.json."""
        return str(self.sentences.get("model_type") or "SentenceTransformer")

    @property
    def is_cross_encoder(self) -> bool:
        """Whether a CrossEncoder of sentence-transformers was saved, also before version 6."""
        if self.modules:
            return self.kind == "CrossEncoder"
        return not _CROSS_ENCODER_KEYS.isdisjoint(self.config)

    @property
    def is_static(self) -> bool:
        """Whether a table of vectors for tokens replaces the transformer."""
        return bool(self.modules) and self.modules[0].name == "StaticEmbedding"


def read_directory(path: str | None) -> ModelDirectory:
    """Finds the files of a model.

    Raises:
        ModelError: config.json is missing, a JSON file cannot be read, or a module is not one of
            sentence-transformers.
    """
    path = require_directory(path, "TransformersPredictFunction")
    modules = tuple(_read_module(path, entry) for entry in read_json(path, "modules.json") or ())
    if modules and modules[0].name not in _INPUT_MODULES:
        raise ModelError(
            f"the first module in '{path}/modules.json' is '{modules[0].name}'; it must be a "
            f"{' or '.join(_INPUT_MODULES)}"
        )
    transformer = modules[0].directory if modules else path
    sentences = read_json(path, "config_sentence_transformers.json") or {}
    config = read_json(transformer, "config.json")
    if config is None:
        if not modules or modules[0].name != "StaticEmbedding":
            raise ModelError(
                f"'{transformer}' has no config.json; save the model with save_pretrained of "
                "transformers"
            )
        config = {}
    return ModelDirectory(path, transformer, config, modules, sentences)


def read_json(directory: str, name: str) -> Any:
    """Returns the contents of a file; None if it does not exist.

    Raises:
        ModelError: the file is not JSON.
    """
    try:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ModelError(f"'{directory}/{name}' is not valid JSON: {error}") from error


def refuse_unknown(file: str, config: Mapping[str, Any], known: frozenset[str]) -> None:
    """Checks the keys of a file, because a key that is not understood may change the results.

    Raises:
        ModelError: a key is unknown.
    """
    unknown = sorted(config.keys() - known)
    if unknown:
        raise ModelError(
            f"'{file}' has {', '.join(f'{key} = {config[key]!r}' for key in unknown)}, which "
            "TransformersPredictFunction does not support: write a predict function with "
            "sentence-transformers"
        )


def _read_module(path: str, entry: Mapping[str, Any]) -> Module:
    refuse_unknown(f"{path}/modules.json", entry, _MODULE_KEYS)
    package, _, name = str(entry["type"]).rpartition(".")
    if package.partition(".")[0] != "sentence_transformers":
        raise ModelError(
            f"'{path}/modules.json' has the module {entry['type']}, which has its own Python code; "
            "TransformersPredictFunction supports modules of sentence_transformers: write a "
            "predict function with sentence-transformers"
        )
    return Module(name, path_inside(path, str(entry["path"]), f"{path}/modules.json"))
