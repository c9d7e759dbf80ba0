# SPDX-License-Identifier: Apache-2.0
"""A tiny transformer on text, run by onnxruntime, with a tokenizer in Python."""

import re
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from onnxruntime import InferenceSession, SessionOptions

from pyflink_ml_embedded import BatchPredictFunction, PredictContext, PredictFunction, Row

_WORD = re.compile(r"\w+|[^\w\s]")
_VOCABULARY = 4096
_MOST_TOKENS = 64


class Transformer(PredictFunction, BatchPredictFunction):
    """Classifies texts by ``transformer.onnx`` in the model directory."""

    def open(self, context: PredictContext) -> None:
        assert context.model_directory is not None
        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        file = Path(context.model_directory, "transformer.onnx")
        self._session = InferenceSession(str(file), options, providers=["CPUExecutionProvider"])

    def predict(self, data: Row) -> list[list[float]]:
        return [self._classify([data[0]])[0].tolist()]

    def predict_batch(self, batch: Any) -> Any:
        """Returns (rows, classes)."""
        return self._classify(batch.column(0).to_pylist())

    def _classify(self, texts: list[str]) -> Any:
        tokens = [_tokenize(text) for text in texts]
        ids = np.zeros((len(texts), max(map(len, tokens))), np.int64)
        mask = np.zeros(ids.shape, np.float32)
        for row, found in enumerate(tokens):
            ids[row, : len(found)] = found
            mask[row, : len(found)] = 1
        return self._session.run(None, {"ids": ids, "mask": mask})[0]


def _tokenize(text: str) -> list[int]:
    """Returns the hashes of the first words, at least one."""
    words = _WORD.findall(text.lower())[:_MOST_TOKENS] or [""]
    return [zlib.crc32(word.encode()) % _VOCABULARY for word in words]
