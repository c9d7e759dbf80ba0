# SPDX-License-Identifier: Apache-2.0
"""The tasks that return vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ..._exceptions import ModelError
from ..._properties import choice, flag
from ._columns import check_vector
from ._directory import POOLINGS
from ._task import Setup, Task, TextInput


class FeatureExtraction(Task):
    """Returns the last hidden state of each token of a text."""

    auto_class = "AutoModel"
    unused = "pooler"
    _name = "feature-extraction"

    def __init__(self, setup: Setup) -> None:
        check_vector(setup.outputs, self._name)
        self._loaded = setup.loaded
        if setup.loaded.model.config.is_encoder_decoder:
            raise ModelError(
                f"the model in '{setup.directory.transformer}' is a "
                f"{type(setup.loaded.model).__name__}, which has a decoder; the task {self._name} "
                "needs a model that is only an encoder"
            )
        # Padding on the right does not move the tokens of a text.
        setup.loaded.tokenizer.padding_side = "right"

    def predict(self, inputs: Sequence[TextInput]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each text."""
        texts = [text for given in inputs for text, _ in self.full_texts(given)]
        step = len(texts) if self._loaded.can_pad else 1
        return [
            [(vector.numpy(),)]
            for start in range(0, len(texts), step)
            for vector in self._vectors(*self._encode(texts[start : start + step]))
        ]

    def _vectors(self, hidden: Any, mask: Any) -> list[Any]:
        """Returns a tensor for each of n texts; shapes (n, tokens, width) and (n, tokens)."""
        lengths = mask.sum(dim=1).tolist()
        return [states[:length] for states, length in zip(hidden, lengths, strict=True)]

    def _encode(self, texts: list[str]) -> tuple[Any, Any]:
        encoded = self._loaded.tokenizer(
            texts,
            padding=len(texts) > 1,
            truncation=self._loaded.max_length is not None,
            return_attention_mask=True,
            return_tensors="pt",
        ).to(self._loaded.model.device)
        hidden = self._loaded.model(**encoded)[0]
        return hidden.float().cpu(), encoded["attention_mask"].cpu()


class SentenceEmbedding(FeatureExtraction):
    """Returns one vector for a text, as sentence-transformers does."""

    properties = ("normalize", "pooling")
    _name = "sentence-embedding"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._settings = setup.sentences
        self._pooling = choice(setup.properties, "pooling", POOLINGS, setup.sentences.pooling)
        self._normalize = flag(setup.properties, "normalize", setup.sentences.normalize)

    def full_texts(self, given: TextInput) -> list[tuple[str, str | None]]:
        """Returns the text with its prompt."""
        text = self._settings.prompt + given.text
        return [(text.lower() if self._settings.lower_case else text, None)]

    def _vectors(self, hidden: Any, mask: Any) -> list[Any]:
        weights = mask.unsqueeze(-1)
        if self._pooling == "cls":
            pooled = hidden[:, 0]
        elif self._pooling == "max":
            pooled = hidden.masked_fill(weights == 0, float("-inf")).amax(dim=1)
        else:
            pooled = (hidden * weights).sum(dim=1) / weights.sum(dim=1).clamp(min=1)
        if self._normalize:
            pooled = torch.nn.functional.normalize(pooled, dim=1)
        return list(pooled)
