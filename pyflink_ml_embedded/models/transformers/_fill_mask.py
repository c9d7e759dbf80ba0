# SPDX-License-Identifier: Apache-2.0
"""The task that finds the word that a text lacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import transformers

from ..._exceptions import ConversionError, ModelError
from ..._properties import optional_integer
from ._columns import INTEGER, NUMBER, TEXT, columns_text, map_best
from ._task import Setup, Task, Values, pipeline_parts, run_pipeline

_FIELDS = {"token_str": TEXT, "score": NUMBER, "token": INTEGER, "sequence": TEXT}
# The pipeline's default.
_TOP_K = 5


class FillMask(Task):
    """Finds tokens for the place of the mask in a text."""

    properties = ("top-k",)
    auto_class = "AutoModelForMaskedLM"
    architectures = ("ForMaskedLM", "ForPreTraining")

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        tokenizer = setup.loaded.tokenizer
        if tokenizer.mask_token is None:
            raise ModelError(
                f"the tokenizer in '{setup.directory.transformer}' has no mask_token; the task "
                "fill-mask needs one"
            )
        self.sample = (f"A short {tokenizer.mask_token}.",)
        top_k = optional_integer(setup.properties, "top-k", 1)
        size = setup.loaded.model.config.vocab_size
        if top_k is not None and top_k > size:
            raise ModelError(f"option 'properties.top-k' is '{top_k}'; the model has {size} tokens")
        self._top_k = top_k or min(_TOP_K, size)
        self._column = setup.inputs[0]
        self._row = map_best(
            setup.outputs,
            _FIELDS,
            "predictions",
            f"the task fill-mask gives {columns_text(_FIELDS)} of the best token, and "
            f"predictions ARRAY<ROW<...>> with these fields for {self._top_k} tokens",
            top_k,
        )
        self._pipeline = transformers.FillMaskPipeline(**pipeline_parts(setup.loaded))

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each text."""
        truncation = {"truncation": self.loaded.max_length is not None}
        for given in inputs:
            self._check(given[0], truncation)
        texts = [given[0] for given in inputs]
        results = run_pipeline(
            self._pipeline, texts, self.loaded, top_k=self._top_k, tokenizer_kwargs=truncation
        )
        return [[self._row(found)] for found in results]

    def _check(self, text: str, truncation: dict[str, bool]) -> None:
        tokenizer = self.loaded.tokenizer
        tokens = tokenizer(text, verbose=False, **truncation)["input_ids"]
        count = tokens.count(tokenizer.mask_token_id)
        if count != 1:
            raise ConversionError(
                f"the text has {count} mask tokens in the part that the model reads; it must have "
                f"one {tokenizer.mask_token}",
                self._column,
            )
