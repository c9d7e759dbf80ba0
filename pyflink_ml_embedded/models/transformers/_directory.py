"""A directory in the format of transformers or sentence-transformers: where its files are."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..._exceptions import ModelError

# The names of sentence-transformers, until its version 5 as one flag each.
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
class TextDirectory:
    """A model directory.

    Attributes:
        path: the directory that the user named.
        transformer: the directory that holds config.json, weights and tokenizer.
        config: config.json.
        modules: the modules of modules.json, each a class name and a directory; empty where there
            is no such file.
    """

    path: str
    transformer: str
    config: Mapping[str, Any]
    modules: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class SentenceSettings:
    """What the files of sentence-transformers say of a model.

    Attributes:
        pooling: one of ``POOLINGS``.
        normalize: whether embeddings have the length 1.
        max_length: the most tokens of a text, or None.
        lower_case: whether texts are put into lower case.
        prompt: what is put in front of each text.
    """

    pooling: str = "mean"
    normalize: bool = False
    max_length: int | None = None
    lower_case: bool = False
    prompt: str = ""


def read_directory(path: str | None) -> TextDirectory:
    """Finds the files of a model.

    Raises:
        ModelError: config.json is not there, or a JSON file cannot be read.
    """
    if path is None:
        raise ModelError("TransformersPredictFunction needs the option 'model-directory-path'")
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
                f"'{path}/modules.json' begins with '{name}'; expected a Transformer, whose "
                "directory has config.json"
            )
    config = _read_json(transformer, "config.json")
    if config is None:
        raise ModelError(
            f"option 'model-directory-path': '{transformer}' has no config.json, which "
            "save_pretrained of transformers writes"
        )
    return TextDirectory(path, transformer, config, modules)


def read_sentence_settings(directory: TextDirectory) -> SentenceSettings:
    """Reads how sentence-transformers makes an embedding; the defaults where it has no files.

    Raises:
        ModelError: the model has a module or a pooling that is not supported.
    """
    if not directory.modules:
        return SentenceSettings()
    modules = dict(directory.modules[1:])
    if "Pooling" not in modules or modules.keys() - {"Pooling", "Normalize"}:
        raise ModelError(
            f"'{directory.path}/modules.json' has the modules "
            f"{', '.join(name for name, _ in directory.modules)}; TransformersPredictFunction runs "
            "Transformer, Pooling and Normalize: write a predict function with "
            "sentence-transformers for others"
        )
    pooling = _read_json(modules["Pooling"], "config.json") or {}
    encoder = _read_json(directory.transformer, "sentence_bert_config.json") or {}
    model = _read_json(directory.path, "config_sentence_transformers.json") or {}
    prompt = (model.get("prompts") or {}).get(model.get("default_prompt_name")) or ""
    if prompt and not pooling.get("include_prompt", True):
        raise ModelError(
            f"'{modules['Pooling']}/config.json' leaves the prompt out (include_prompt), which "
            "TransformersPredictFunction cannot: write a predict function with "
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
            f"'{directory}/config.json' asks for the pooling {mode}; TransformersPredictFunction "
            f"has one of: {', '.join(POOLINGS)}"
        )
    return mode


def _read_json(directory: str, name: str) -> Any:
    """Returns the contents of a file, or None where it is not there."""
    try:
        with open(os.path.join(directory, name), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise ModelError(f"'{directory}/{name}' is no JSON file: {error}") from error
