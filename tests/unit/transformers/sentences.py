# SPDX-License-Identifier: Apache-2.0
"""Directories of sentence-transformers, and what its documentation computes from them.

The values were compared with those of sentence-transformers 6.2.0, which the tests do not need.
"""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

NEW = "sentence_transformers.base.modules"
OLD = "sentence_transformers.models"


def write_modules(directory, *modules, package=OLD, **files):
    """Writes modules.json, the modules' own files, and files in the directory.

    Args:
        directory: the directory, which may have a transformer.
        modules: the class name of each module, its config.json or None, and its weights or None.
        package: the package of the classes.
        files: the contents of further files by name, without ``.json``.
    """
    entries = []
    for number, (name, config, weights) in enumerate(modules):
        path = "" if number == 0 else f"{number}_{name}"
        (directory / path).mkdir(exist_ok=True)
        if config is not None:
            (directory / path / "config.json").write_text(json.dumps(config))
        if weights is not None:
            save_file(weights, directory / path / "model.safetensors")
        entries.append(
            {"idx": number, "name": str(number), "path": path, "type": f"{package}.{name}"}
        )
    for name, contents in {"modules": entries, **files}.items():
        (directory / f"{name}.json").write_text(json.dumps(contents))
    return directory


def pooling(*modes):
    """Returns the module Pooling, as version 6 writes it."""
    modes = modes[0] if len(modes) == 1 else modes
    config = {"embedding_dimension": 16, "pooling_mode": modes, "include_prompt": True}
    return ("Pooling", config, None)


def dense(inputs, outputs, function="activation.Tanh", **changes):
    """Returns the module Dense with seeded random weights."""
    generator = torch.Generator().manual_seed(outputs)
    config = {
        "in_features": inputs,
        "out_features": outputs,
        "bias": True,
        "activation_function": f"torch.nn.modules.{function}",
        **changes,
    }
    weights = {
        "linear.weight": torch.randn(outputs, inputs, generator=generator),
        "linear.bias": torch.randn(outputs, generator=generator),
    }
    return ("Dense", config, weights)


TRANSFORMER = ("Transformer", None, None)
NORMALIZE = ("Normalize", None, None)


def linear(vector, module):
    """Returns the results of a module Dense, before its activation function."""
    _, _, weights = module
    return weights["linear.weight"].numpy() @ vector + weights["linear.bias"].numpy()


def unit(vector):
    """Returns the vector with the length 1."""
    return vector / np.linalg.norm(vector)


def pool(states, mode):
    """Pools the hidden states of one text, which has no padding."""
    places = np.arange(1, len(states) + 1)[:, None]
    return {
        "cls": lambda: states[0],
        "max": lambda: states.max(axis=0),
        "mean": lambda: states.mean(axis=0),
        "mean_sqrt_len_tokens": lambda: states.sum(axis=0) / np.sqrt(len(states)),
        "weightedmean": lambda: (states * places).sum(axis=0) / places.sum(),
        "lasttoken": lambda: states[-1],
    }[mode]()


def write_static(directory, tokenizer, model2vec=False):
    """Writes the module StaticEmbedding; returns the table of vectors."""
    Path(directory).mkdir(exist_ok=True)
    tokenizer.backend_tokenizer.save(str(directory / "tokenizer.json"))
    table = torch.randn(len(tokenizer), 8, generator=torch.Generator().manual_seed(1))
    if not model2vec:
        write_modules(directory, ("StaticEmbedding", None, {"embedding.weight": table}))
        return table.numpy()
    mapping = torch.arange(len(tokenizer)) % 7
    weights = torch.linspace(0.5, 2, len(tokenizer))
    state = {"embeddings": table[:7].half(), "mapping": mapping, "weights": weights}
    write_modules(directory, ("StaticEmbedding", None, state))
    return (table[:7].half().float()[mapping] * weights[:, None]).numpy()
