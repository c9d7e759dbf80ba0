# SPDX-License-Identifier: Apache-2.0
"""What sentence-transformers does around the model: prompts, layers, truncation."""

from __future__ import annotations

from typing import Any

from ..._exceptions import ModelError
from ..._properties import flag, optional_integer
from ._sentence_files import SentenceSettings
from ._sentence_layers import load_layers, normalize
from ._task import Setup


class SentenceVectors:
    """The prompt of one open function, and the steps from a pooled vector to the result.

    Attributes:
        prompt: a prefix for each text.
    """

    def __init__(self, setup: Setup, settings: SentenceSettings, width: int | None) -> None:
        """Loads the layers.

        Args:
            setup: the arguments of the task.
            settings: the files of sentence-transformers.
            width: the number of numbers of a pooled vector, or None if it is unknown.

        Raises:
            ModelError: a property or a file does not fit.
        """
        self.prompt = _prompt(setup, settings)
        layers = list(setup.shared("layers", lambda: load_layers(settings.layers, width)))
        properties = setup.properties
        # With the property, the result has the length 1, or the last layers do not normalize.
        self._normalize = "normalize" in properties and flag(properties, "normalize", False)
        while "normalize" in properties and layers and layers[-1].normalizes:
            layers.pop()
        self._layers = [layer.apply for layer in layers]
        asked = optional_integer(properties, "truncate-dim", 1)
        self._width = settings.truncate_dim if asked is None else asked

    def __call__(self, pooled: Any) -> Any:
        """Returns the results for pooled vectors; shape (texts, width) for both."""
        for layer in self._layers:
            pooled = layer(pooled)
        pooled = pooled[:, : self._width]
        return normalize(pooled) if self._normalize else pooled


def _prompt(setup: Setup, settings: SentenceSettings) -> str:
    name = setup.properties.get("prompt-name", settings.prompt_name)
    if name is None:
        return ""
    if name not in settings.prompts:
        raise ModelError(
            f"option 'properties.prompt-name' is '{name}'; the prompts in "
            f"'{setup.directory.path}/config_sentence_transformers.json' are: "
            f"{', '.join(settings.prompts) or 'none'}"
        )
    prompt = settings.prompts[name]
    if prompt and not settings.pools_prompt:
        raise ModelError(
            f"the module Pooling in '{setup.directory.path}' excludes the prompt (include_prompt), "
            "which TransformersPredictFunction does not support: write a predict function with "
            "sentence-transformers"
        )
    return prompt
