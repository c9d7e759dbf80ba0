# SPDX-License-Identifier: Apache-2.0
"""Trains a tiny BERT on generated reviews, and saves it with ``save_pretrained``."""

import itertools
import shutil
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

SUBJECTS = ["the film", "the music", "the story", "the actor", "the end"]
VERBS = ["is", "was", "is really", "was rather"]
WORDS = {
    "POSITIVE": ["good", "great", "funny", "clever", "beautiful"],
    "NEGATIVE": ["bad", "boring", "stupid", "terrible", "weak"],
}


def make_reviews() -> tuple[list[str], list[int]]:
    """Returns all combinations of the words, and the number of the label of each."""
    texts, labels = [], []
    for number, words in enumerate(WORDS.values()):
        for parts in itertools.product(SUBJECTS, VERBS, words):
            texts.append(" ".join(parts))
            labels.append(number)
    return texts, labels


def make_tokenizer(texts: list[str]) -> transformers.PreTrainedTokenizerFast:
    """Returns a tokenizer for the words of the texts."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    tokenizer.train_from_iterator(
        texts, trainers.WordPieceTrainer(special_tokens=special, show_progress=False)
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="[PAD]",
        unk_token="[UNK]",
        cls_token="[CLS]",
        sep_token="[SEP]",
    )


def main() -> None:
    """Writes the model to the directory ``output/model``."""
    output = Path(__file__).parent / "output"
    shutil.rmtree(output, ignore_errors=True)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    texts, labels = make_reviews()
    tokenizer = make_tokenizer(texts)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=32,
        id2label=dict(enumerate(WORDS)),
        label2id={label: number for number, label in enumerate(WORDS)},
    )
    model = transformers.BertForSequenceClassification(config).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    batch = tokenizer(texts, return_tensors="pt", padding=True)
    for _ in range(30):
        loss = model(**batch, labels=torch.tensor(labels)).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    model.save_pretrained(output / "model")
    tokenizer.save_pretrained(output / "model")
    print(f"loss after training: {loss.item():.3f}")


if __name__ == "__main__":
    main()
