# SPDX-License-Identifier: Apache-2.0
"""Embeddings of texts by a table of vectors for tokens, without a transformer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from tokenizers import Tokenizer

from ..._exceptions import ModelError
from ._columns import check_vector
from ._directory import ModelDirectory
from ._model import LoadedModel, LoadOptions, Shared, first_line, load_state, to_device
from ._sentence_files import read_sentence_settings
from ._sentence_vectors import SentenceVectors
from ._task import Setup, Task, Values


class StaticEmbedding(Task):
    """Returns the mean of the vectors of a text's tokens, as sentence-transformers does."""

    properties = ("normalize", "prompt-name", "truncate-dim")
    # Nothing is padded.
    limits = ("max-length", "truncation")
    takes_empty = True

    @classmethod
    def load(cls, directory: ModelDirectory, options: LoadOptions, shared: Shared) -> LoadedModel:
        """Loads the table, and the tokenizer with its own limit.

        Raises:
            ModelError: a file is missing or damaged.
        """
        path = directory.transformer
        try:
            tokenizer = Tokenizer.from_file(f"{path}/tokenizer.json")
        except Exception as error:
            raise ModelError(
                f"cannot load the tokenizer '{path}/tokenizer.json': {first_line(error)}"
            ) from error
        tokenizer.no_padding()
        if options.max_length is not None:
            tokenizer.enable_truncation(options.max_length)
        limit = tokenizer.truncation["max_length"] if tokenizer.truncation else None
        model = shared("transformers", lambda: to_device(_load_table(path), options.device))
        return LoadedModel(model, tokenizer, limit)

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        check_vector(setup.outputs, "sentence-embedding")
        settings = read_sentence_settings(setup.directory)
        self._finish = SentenceVectors(setup, settings, setup.loaded.model.embedding_dim)

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each text."""
        texts = [self._finish.prompt + given[0] for given in inputs]
        encoded = self.loaded.tokenizer.encode_batch(texts, add_special_tokens=False)
        tokens = [encoding.ids for encoding in encoded]
        device = self.loaded.model.weight.device
        flat = torch.tensor([token for ids in tokens for token in ids], dtype=torch.long)
        starts = torch.tensor([0, *map(len, tokens[:-1])]).cumsum(dim=0)
        means = self.loaded.model(flat.to(device), starts.to(device)).cpu()
        return [[(vector.numpy(),)] for vector in self._finish(means)]

    def count_tokens(self, given: Values) -> int:
        """Returns the number of tokens of a text with its prompt."""
        text = self._finish.prompt + given[0]
        encoding = self.loaded.tokenizer.encode(text, add_special_tokens=False)
        return sum(len(part.ids) for part in (encoding, *encoding.overflowing))


def _load_table(path: str) -> Any:
    """Returns the table in a file of sentence-transformers or of model2vec."""
    state = load_state(path)
    names = {"embedding.weight"} if "embedding.weight" in state else {"embeddings"}
    optional = set() if "embedding.weight" in state else {"mapping", "weights"}
    if not names <= state.keys() or state.keys() - names - optional:
        raise ModelError(
            f"the weights in '{path}' have {', '.join(sorted(state))}; a StaticEmbedding has "
            "embedding.weight, or embeddings with mapping and weights"
        )
    table = state[names.pop()].float()
    if "mapping" in state:
        table = table[state["mapping"].long()]
    if "weights" in state:
        table = table * state["weights"].float()[:, None]
    return torch.nn.EmbeddingBag.from_pretrained(table.contiguous(), mode="mean")
