# SPDX-License-Identifier: Apache-2.0
"""Computes the vector of a text from those of its tokens, as sentence-transformers does."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from ..._exceptions import ModelError
from ._directory import Module, read_json, refuse_unknown
from ._model import LOADING, load_state

_DENSE_KEYS = frozenset(
    {
        "activation_function",
        "bias",
        "in_features",
        "module_input_name",
        "module_output_name",
        "out_features",
        "use_residual",
    }
)
_VECTOR = "sentence_embedding"
_NORMALIZE_KEYS = frozenset({"module_input_name", "module_output_name"})
_TANH = "torch.nn.modules.activation.Tanh"
_IDENTITY = "torch.nn.modules.linear.Identity"


class Layer(NamedTuple):
    """A module after the pooling.

    Attributes:
        normalizes: whether it gives vectors the length 1.
        apply: returns the vectors of texts for those that the module takes.
    """

    normalizes: bool
    apply: Callable[[Any], Any]


def normalize(vectors: Any) -> Any:
    """Returns vectors of the length 1; shape (texts, width) for both."""
    return torch.nn.functional.normalize(vectors, dim=1)


def load_layers(modules: Sequence[Module], width: int | None) -> list[Layer]:
    """Loads the modules after the pooling.

    Args:
        modules: modules of the classes Dense and Normalize.
        width: the number of numbers of a pooled vector, or None if it is unknown.

    Raises:
        ModelError: a file is missing or damaged, or has a key that is not supported.
    """
    layers: list[Layer] = []
    for module in modules:
        if module.name == "Normalize":
            _check_normalize(module.directory)
            layers.append(Layer(True, normalize))
        else:
            dense, width = _load_dense(module.directory, width)
            layers.append(Layer(False, dense))
    return layers


def pool(hidden: Any, mask: Any, poolings: Sequence[str]) -> Any:
    """Returns a vector for each text, with the results of all poolings one after the other.

    Args:
        hidden: the vectors of tokens; shape (texts, tokens, width).
        mask: 1 for a token, and 0 for padding on the right; shape (texts, tokens).
        poolings: names of poolings.
    """
    return torch.cat([_pool(hidden, mask, pooling) for pooling in poolings], dim=1)


def _pool(hidden: Any, mask: Any, pooling: str) -> Any:
    if pooling == "cls":
        return hidden[:, 0]
    if pooling == "lasttoken":
        return hidden[torch.arange(len(hidden)), mask.sum(dim=1) - 1]
    weights = mask.unsqueeze(-1).to(hidden.dtype)
    if pooling == "max":
        return hidden.masked_fill(weights == 0, float("-inf")).amax(dim=1)
    if pooling == "weightedmean":
        weights = weights * torch.arange(1, hidden.shape[1] + 1).view(1, -1, 1)
    total = (hidden * weights).sum(dim=1)
    count = weights.sum(dim=1)
    return total / (count.sqrt() if pooling == "mean_sqrt_len_tokens" else count)


def _check_normalize(directory: str) -> None:
    file = os.path.join(directory, "config.json")
    config = read_json(directory, "config.json") or {}
    refuse_unknown(file, config, _NORMALIZE_KEYS)
    _check_names(file, config)


def _load_dense(directory: str, width: int | None) -> tuple[Callable[[Any], Any], int]:
    """Returns a linear layer with its activation function, and the width of its results."""
    file = os.path.join(directory, "config.json")
    config = read_json(directory, "config.json")
    if config is None:
        raise ModelError(f"'{file}' is missing; copy the whole directory of the model")
    known = _DENSE_KEYS - {"use_residual"} if config.get("use_residual") else _DENSE_KEYS
    refuse_unknown(file, config, known)
    _check_names(file, config)
    if width not in (None, config["in_features"]):
        raise ModelError(
            f"'{file}' takes vectors of {config['in_features']} numbers, and the module before it "
            f"gives {width}"
        )
    activation = _activation(file, config.get("activation_function", _TANH))
    with LOADING:
        linear = torch.nn.Linear(
            config["in_features"], config["out_features"], bias=config.get("bias", True)
        )
    # The names are those in the file of weights.
    dense = torch.nn.ModuleDict({"linear": linear, "activation_function": activation})
    try:
        dense.load_state_dict(load_state(directory))
    except RuntimeError as error:
        raise ModelError(
            f"the weights in '{directory}' do not fit its config.json: "
            f"{' '.join(str(error).split())}"
        ) from error
    dense.float().eval()
    return lambda vectors: activation(linear(vectors)), config["out_features"]


def _activation(file: str, path: str | None) -> Any:
    # Without a function, some versions wrote null.
    path = _IDENTITY if path is None else path
    package, _, name = path.rpartition(".")
    found = getattr(torch.nn, name, None) if package.startswith("torch.nn") else None
    if found is None or found.__module__ not in (
        _TANH.rpartition(".")[0],
        "torch.nn.modules.linear",
    ):
        raise ModelError(
            f"'{file}' has the activation_function {path}; TransformersPredictFunction supports "
            "the activations of torch.nn: write a predict function with sentence-transformers"
        )
    try:
        return found()
    except TypeError as error:
        raise ModelError(
            f"'{file}' has the activation_function {path}, which cannot be created without "
            f"arguments: {error}"
        ) from error


def _check_names(file: str, config: Any) -> None:
    for key in ("module_input_name", "module_output_name"):
        if config.get(key) not in (None, _VECTOR):
            raise ModelError(
                f"'{file}' has {key} = {config[key]!r}; TransformersPredictFunction supports "
                f"{_VECTOR}: write a predict function with sentence-transformers"
            )
