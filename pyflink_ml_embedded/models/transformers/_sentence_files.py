# SPDX-License-Identifier: Apache-2.0
"""Reads the files of sentence-transformers.

Each file has a list of the keys that are understood. Any other key is an error, because it may
change the results.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..._exceptions import ModelError
from ._directory import ModelDirectory, Module, read_json, refuse_unknown

# In the order in which sentence-transformers concatenates several poolings. Before version 5, it
# wrote one flag for each.
_POOLING_FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}
POOLINGS = tuple(_POOLING_FLAGS.values())
_LAYERS = ("Dense", "Normalize")

# Versions and the similarity change no result; the packages required are those of the library.
_MODEL_KEYS = frozenset(
    {
        "__version__",
        "default_prompt_name",
        "model_type",
        "prompts",
        "requirements",
        "similarity_fn_name",
    }
)
_EMBEDDING_KEYS = _MODEL_KEYS | {"truncate_dim"}
_CROSS_ENCODER_KEYS = _MODEL_KEYS | {"activation_fn"}
_POOLING_KEYS = frozenset(_POOLING_FLAGS) | {
    "embedding_dimension",
    "include_prompt",
    "pooling_mode",
    "word_embedding_dimension",
}
# Old versions named the file after the model's class.
_ENCODER_FILES = tuple(
    f"sentence_{name}_config.json"
    for name in ("bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet")
)
# Where the texts of a batch are not padded (unpad_inputs), the results are the same.
_ENCODER_KEYS = frozenset({"do_lower_case", "max_seq_length", "unpad_inputs"})
# These keys change nothing if they are empty.
_EMPTY_KEYS = frozenset(
    {
        "cache_dir",
        "config_args",
        "config_kwargs",
        "document_length",
        "model_args",
        "model_kwargs",
        "processing_kwargs",
        "processor_kwargs",
        "query_expansion",
        "query_length",
        "tokenizer_args",
        "tokenizer_name_or_path",
    }
)
_ACTIVATIONS = {
    "torch.nn.modules.linear.Identity": "none",
    "torch.nn.modules.activation.Sigmoid": "sigmoid",
}


@dataclass(frozen=True)
class EncoderSettings:
    """What sentence-transformers does with a text before the transformer.

    Attributes:
        max_length: the maximum number of tokens of a text, or None.
        lower_case: whether texts are converted to lower case.
    """

    max_length: int | None = None
    lower_case: bool = False


@dataclass(frozen=True)
class SentenceSettings:
    """How sentence-transformers computes an embedding.

    Attributes:
        encoder: what is done before the transformer.
        poolings: some of ``POOLINGS``, whose vectors are concatenated.
        layers: the modules after the pooling.
        truncate_dim: how many numbers of a vector are returned, or None for all.
        prompts: prefixes for texts, by name.
        prompt_name: the name of the prompt that is used unless the user sets one, or None.
        pools_prompt: whether the tokens of the prompt take part in the pooling.
    """

    encoder: EncoderSettings = EncoderSettings()
    poolings: tuple[str, ...] = ("mean",)
    layers: tuple[Module, ...] = ()
    truncate_dim: int | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)
    prompt_name: str | None = None
    pools_prompt: bool = True


def read_sentence_settings(directory: ModelDirectory) -> SentenceSettings:
    """Reads the files of a SentenceTransformer; returns the defaults if there are none.

    Raises:
        ModelError: the model is of another class, or a module or key is not supported.
    """
    if not directory.modules:
        return SentenceSettings()
    file = _model_file(directory)
    if directory.kind != "SentenceTransformer":
        raise ModelError(
            f"'{file}' has the model_type {directory.kind}; the task sentence-embedding needs a "
            "SentenceTransformer"
        )
    refuse_unknown(file, directory.sentences, _EMBEDDING_KEYS)
    _, *rest = directory.modules
    poolings: tuple[str, ...] = ()
    pools_prompt = True
    if not directory.is_static:
        if not rest or rest[0].name != "Pooling":
            raise _unsupported_modules(directory)
        poolings, pools_prompt = _read_pooling(rest[0].directory)
        rest = rest[1:]
    if any(module.name not in _LAYERS for module in rest):
        raise _unsupported_modules(directory)
    prompts = directory.sentences.get("prompts") or {}
    prompt_name = directory.sentences.get("default_prompt_name")
    if prompt_name is not None and prompt_name not in prompts:
        raise ModelError(
            f"'{file}' has the default_prompt_name {prompt_name!r}, and prompts has "
            f"{', '.join(map(repr, prompts)) or 'none'}: save the model again"
        )
    return SentenceSettings(
        encoder=read_encoder_settings(directory, "feature-extraction"),
        poolings=poolings,
        layers=tuple(rest),
        truncate_dim=directory.sentences.get("truncate_dim"),
        prompts=prompts,
        prompt_name=prompt_name,
        pools_prompt=pools_prompt,
    )


def read_activation(directory: ModelDirectory) -> str:
    """Returns the function that a CrossEncoder applies to the outputs of its model.

    Returns:
        ``none`` or ``sigmoid``, the names that transformers has.

    Raises:
        ModelError: the activation or a key is not supported.
    """
    if directory.modules:
        file, settings = _model_file(directory), directory.sentences
        refuse_unknown(file, settings, _CROSS_ENCODER_KEYS)
        if settings.get("default_prompt_name") is not None:
            raise _unsupported(file, "default_prompt_name", settings)
        path = settings.get("activation_fn")
    else:
        # Until version 5, the settings of a CrossEncoder were in config.json.
        file = f"{directory.transformer}/config.json"
        settings = directory.config.get("sentence_transformers") or {}
        refuse_unknown(file, settings, frozenset({"activation_fn", "version"}))
        old = directory.config.get("sbert_ce_default_activation_function")
        path = settings.get("activation_fn", old)
    if path is None:
        labels = directory.config.get("id2label") or ()
        return "sigmoid" if len(labels) == 1 else "none"
    if path not in _ACTIVATIONS:
        raise ModelError(
            f"'{file}' has the activation function {path}; TransformersPredictFunction supports "
            f"{', '.join(_ACTIVATIONS)}. The option 'properties.function-to-apply' sets another"
        )
    return _ACTIVATIONS[path]


def check_classifier(directory: ModelDirectory) -> None:
    """Checks that the modules of a directory are those of a CrossEncoder, if it has any.

    Raises:
        ModelError: the directory has other modules.
    """
    if directory.modules and (directory.kind != "CrossEncoder" or len(directory.modules) > 1):
        raise ModelError(
            f"'{directory.path}/modules.json' has the modules {_names(directory)} of a "
            f"{directory.kind}; the task text-classification needs a CrossEncoder with one "
            "Transformer, or a directory without modules.json"
        )


def read_encoder_settings(directory: ModelDirectory, task: str) -> EncoderSettings:
    """Reads the file of the module Transformer; returns the defaults if there is none.

    Args:
        directory: the model directory.
        task: the task that the file must have, if it has one.

    Raises:
        ModelError: a key is not supported.
    """
    for name in _ENCODER_FILES if directory.modules else ():
        config = read_json(directory.transformer, name)
        if config is not None:
            _check_encoder(f"{directory.transformer}/{name}", config, task)
            return EncoderSettings(config.get("max_seq_length"), bool(config.get("do_lower_case")))
    return EncoderSettings()


def _check_encoder(file: str, config: Mapping[str, Any], task: str) -> None:
    outputs = {
        "feature-extraction": ("last_hidden_state", "token_embeddings"),
        "sequence-classification": ("logits", "scores"),
    }
    result, name = outputs[task]
    expected = {
        "transformer_task": task,
        "modality_config": {"text": {"method": "forward", "method_output_name": result}},
        "module_output_name": name,
    }
    # Version 6 writes the task and what follows from it.
    refuse_unknown(file, config, _ENCODER_KEYS | _EMPTY_KEYS | expected.keys())
    for key in expected.keys() | _EMPTY_KEYS:
        if config.get(key) and config[key] != expected.get(key):
            raise _unsupported(file, key, config)


def _read_pooling(directory: str) -> tuple[tuple[str, ...], bool]:
    """Returns the poolings, and whether the tokens of the prompt take part."""
    file = f"{directory}/config.json"
    config = read_json(directory, "config.json")
    if config is None:
        raise ModelError(f"'{file}' is missing; copy the whole directory of the model")
    refuse_unknown(file, config, _POOLING_KEYS)
    modes = config.get("pooling_mode")
    if modes is None:
        modes = [mode for flag, mode in _POOLING_FLAGS.items() if config.get(flag)]
    elif isinstance(modes, str):
        modes = [modes]
    if not set(modes) <= set(POOLINGS):
        raise ModelError(
            f"'{file}' has the pooling {', '.join(modes)}; TransformersPredictFunction supports: "
            f"{', '.join(POOLINGS)}"
        )
    return tuple(modes) or ("mean",), bool(config.get("include_prompt", True))


def _unsupported(file: str, key: str, config: Mapping[str, Any]) -> ModelError:
    return ModelError(
        f"'{file}' has {key} = {config[key]!r}, which TransformersPredictFunction does not "
        "support: write a predict function with sentence-transformers"
    )


def _unsupported_modules(directory: ModelDirectory) -> ModelError:
    return ModelError(
        f"'{directory.path}/modules.json' has the modules {_names(directory)}; "
        "TransformersPredictFunction supports Transformer and Pooling, or StaticEmbedding, and "
        f"then {' and '.join(_LAYERS)}: for other modules, write a predict function with "
        "sentence-transformers"
    )


def _names(directory: ModelDirectory) -> str:
    return ", ".join(module.name for module in directory.modules)


def _model_file(directory: ModelDirectory) -> str:
    return os.path.join(directory.path, "config_sentence_transformers.json")
