# SPDX-License-Identifier: Apache-2.0
"""The tasks that return vectors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..._exceptions import ModelError
from ..._properties import choice
from ._columns import check_vector
from ._directory import ModelDirectory
from ._model import LoadedModel, LoadOptions, Shared
from ._sentence_files import POOLINGS, read_sentence_settings
from ._sentence_layers import pool
from ._sentence_vectors import SentenceVectors
from ._task import Setup, Task, Values

# sentence-transformers uses only the encoder of these models.
_ENCODERS = {"t5": "T5EncoderModel", "mt5": "MT5EncoderModel", "umt5": "UMT5EncoderModel"}


class FeatureExtraction(Task):
    """Returns the last hidden state of each token of a text."""

    auto_class = "AutoModel"
    unused = "pooler"
    _name = "feature-extraction"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        check_vector(setup.outputs, self._name)
        model = setup.loaded.model
        if model.config.is_encoder_decoder and type(model).__name__ not in _ENCODERS.values():
            raise ModelError(
                f"the model in '{setup.directory.transformer}' is a {type(model).__name__}, which "
                f"has a decoder; the task {self._name} needs a model that is only an encoder"
            )
        # Padding on the right does not move the tokens of a text.
        setup.loaded.tokenizer.padding_side = "right"

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each text."""
        texts = [text for given in inputs for text, _ in self.full_texts(given)]
        step = len(texts) if self.loaded.can_pad else 1
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
        encoded = self.loaded.tokenizer(
            texts,
            padding=len(texts) > 1,
            truncation=self.loaded.max_length is not None,
            return_attention_mask=True,
            return_tensors="pt",
        ).to(self.loaded.model.device)
        hidden = self.loaded.model(**encoded)[0]
        return hidden.float().cpu(), encoded["attention_mask"].cpu()


class SentenceEmbedding(FeatureExtraction):
    """Returns one vector for a text, as sentence-transformers does."""

    properties = ("normalize", "pooling", "prompt-name", "truncate-dim")
    _name = "sentence-embedding"

    @classmethod
    def load(cls, directory: ModelDirectory, options: LoadOptions, shared: Shared) -> LoadedModel:
        """Loads the transformer, and limits texts as sentence-transformers does.

        Raises:
            ModelError: a file is missing or damaged, or a setting is not supported.
        """
        encoder = read_sentence_settings(directory).encoder
        auto_class = _ENCODERS.get(str(directory.config.get("model_type")), cls.auto_class)
        return cls.load_text_model(
            directory, options, shared, auto_class=auto_class, limit=encoder.max_length
        )

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        settings = read_sentence_settings(setup.directory)
        self._lower_case = settings.encoder.lower_case
        self._poolings = settings.poolings
        if "pooling" in setup.properties:
            self._poolings = (choice(setup.properties, "pooling", POOLINGS, ""),)
        width = getattr(setup.loaded.model.config, "hidden_size", None)
        self._finish = SentenceVectors(
            setup, settings, None if width is None else width * len(self._poolings)
        )

    def full_texts(self, given: Values) -> list[tuple[str, str | None]]:
        """Returns the text with its prompt."""
        text = self._finish.prompt + given[0]
        return [(text.lower() if self._lower_case else text, None)]

    def _vectors(self, hidden: Any, mask: Any) -> list[Any]:
        return list(self._finish(pool(hidden, mask, self._poolings)))
