# SPDX-License-Identifier: Apache-2.0
"""Models of a few kilobytes that write texts or look at images, saved by transformers."""

from pathlib import Path
from typing import Any

import torch
import transformers


def save_gpt(directory: Path, tokenizer: Any, most_tokens: int) -> None:
    """Saves a decoder with seeded random weights, and its tokenizer."""
    torch.manual_seed(7)
    config = transformers.GPT2Config(
        vocab_size=len(tokenizer),
        n_embd=16,
        n_layer=2,
        n_head=2,
        n_positions=most_tokens,
        initializer_range=0.6,
        bos_token_id=2,
        eos_token_id=3,
    )
    transformers.GPT2LMHeadModel(config).save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def save_bart(directory: Path, tokenizer: Any, most_tokens: int, **changes: Any) -> None:
    """Saves an encoder and decoder with seeded random weights, and its tokenizer."""
    torch.manual_seed(7)
    config = transformers.BartConfig(
        vocab_size=len(tokenizer),
        d_model=16,
        encoder_layers=1,
        decoder_layers=1,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=16,
        decoder_ffn_dim=16,
        decoder_start_token_id=2,
        eos_token_id=3,
        pad_token_id=0,
        init_std=0.6,
        max_position_embeddings=most_tokens,
        **changes,
    )
    transformers.BartForConditionalGeneration(config).save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def save_vit(directory: Path) -> None:
    """Saves a classifier of images with seeded random weights, and its image processor."""
    torch.manual_seed(7)
    labels = ("cat", "dog", "bird")
    config = transformers.ViTConfig(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        image_size=16,
        patch_size=8,
        initializer_range=0.6,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    transformers.ViTForImageClassification(config).save_pretrained(directory)
    size = {"height": 16, "width": 16}
    transformers.ViTImageProcessor(size=size).save_pretrained(directory)
