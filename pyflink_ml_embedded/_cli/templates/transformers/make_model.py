# SPDX-License-Identifier: Apache-2.0
"""Saves a tiny classifier of texts in this directory, with random weights and without a download.

Replace it by your own model: save_pretrained of its model and of its tokenizer is all it takes.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

TEXTS = ["a great film", "a dull film", "great actors, and a story that moves", "dull and long"]
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

words = Tokenizer(models.WordPiece(unk_token="[UNK]"))
words.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
words.train_from_iterator(
    TEXTS, trainers.WordPieceTrainer(special_tokens=SPECIAL, show_progress=False)
)
words.post_processor = processors.TemplateProcessing(
    single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
)
tokenizer = PreTrainedTokenizerFast(
    tokenizer_object=words,
    pad_token="[PAD]",
    unk_token="[UNK]",
    cls_token="[CLS]",
    sep_token="[SEP]",
    mask_token="[MASK]",
)
torch.manual_seed(7)
config = BertConfig(
    vocab_size=len(tokenizer),
    hidden_size=16,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=32,
    max_position_embeddings=64,
    id2label={0: "negative", 1: "positive"},
    label2id={"negative": 0, "positive": 1},
)
directory = Path(__file__).parent
BertForSequenceClassification(config).save_pretrained(directory)
tokenizer.save_pretrained(directory)
