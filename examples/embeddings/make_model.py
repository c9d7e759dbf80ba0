# SPDX-License-Identifier: Apache-2.0
"""Writes a model of text embeddings, in the layout of sentence-transformers.

Words that occur in the same articles get similar vectors: they are the singular vectors of the
table of words and articles. A real model is downloaded instead, and its directory used as it is.
"""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

SIZE = 8
HERE = Path(__file__).parent
# Words that say nothing about the subject of a text.
STOP_WORDS = {"a", "an", "and", "by", "how", "in", "of", "that", "the", "was", "your"}


def make_vectors(texts: list[list[str]]) -> dict[str, np.ndarray]:
    """Returns a vector for each word of the texts."""
    words = sorted({word for text in texts for word in text} - STOP_WORDS)
    counts = np.array([[text.count(word) for text in texts] for word in words], dtype=float)
    rarity = np.log(len(texts) / (counts > 0).sum(axis=1))
    left, values, _ = np.linalg.svd(counts * rarity[:, None], full_matrices=False)
    return dict(zip(words, left[:, :SIZE] * values[:SIZE], strict=True))


def main() -> None:
    """Writes the model to the directory ``output/model``."""
    output = HERE / "output"
    shutil.rmtree(output, ignore_errors=True)
    directory = output / "model" / "0_StaticEmbedding"
    directory.mkdir(parents=True)

    normalizer = normalizers.BertNormalizer(lowercase=True)
    splitter = pre_tokenizers.BertPreTokenizer()
    with (HERE / "articles.csv").open(newline="") as file:
        titles = [normalizer.normalize_str(title) for _, title in csv.reader(file)]
    texts = [[word for word, _ in splitter.pre_tokenize_str(title)] for title in titles]
    vectors = {"[UNK]": np.zeros(SIZE), **make_vectors(texts)}

    vocabulary = {word: number for number, word in enumerate(vectors)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = splitter
    tokenizer.save(str(directory / "tokenizer.json"))
    table = np.stack(list(vectors.values())).astype(np.float32)
    save_file({"embedding.weight": table}, directory / "model.safetensors")
    modules = [
        {"idx": number, "name": str(number), "path": f"{number}_{name}",
         "type": f"sentence_transformers.models.{name}"}
        for number, name in enumerate(["StaticEmbedding", "Normalize"])
    ]  # fmt: skip
    (output / "model" / "modules.json").write_text(json.dumps(modules))
    print(f"vectors of {SIZE} numbers for {len(vectors) - 1} words")


if __name__ == "__main__":
    main()
