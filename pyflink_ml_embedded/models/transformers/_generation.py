# SPDX-License-Identifier: Apache-2.0
"""The tasks that write texts.

Results are reproducible: the most probable tokens are taken, or beams as generation_config.json
says, and nothing is drawn at random.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import transformers

from ..._exceptions import ModelError
from ..._properties import flag, optional_integer
from ._columns import TEXT, columns_of, match_outputs
from ._task import Setup, Task, Values, pipeline_parts, run_pipeline

# The default of the pipelines of transformers.
_NEW_TOKENS = 256
# What transformers has where a model sets no maximum length.
_NO_LENGTH = (None, 20)
# As arguments, because in a generation config some versions replace defaults by the model's values.
_GREEDY = {
    "do_sample": False,
    "num_return_sequences": 1,
    "temperature": None,
    "top_k": None,
    "top_p": None,
}


class TextGeneration(Task):
    """Continues a text."""

    properties = ("max-new-tokens", "return-full-text")
    takes_empty = True
    auto_class = "AutoModelForCausalLM"
    architectures = ("ForCausalLM", "LMHeadModel")

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        _check_outputs(setup, "text-generation", "generated_text")
        most = setup.loaded.max_length
        asked = optional_integer(setup.properties, "max-new-tokens", 1)
        if asked is None:
            asked = setup.loaded.model.generation_config.max_new_tokens or _NEW_TOKENS
            asked = asked if most is None else min(asked, most // 2)
        tokenizer = setup.loaded.tokenizer
        if most is not None:
            most -= asked
            if most < 1:
                raise ModelError(
                    f"option 'properties.max-new-tokens' is '{asked}', which leaves no room for a "
                    f"text; the model takes {most + asked} tokens, new ones included"
                )
            tokenizer.model_max_length = most
            self.loaded = dataclasses.replace(setup.loaded, max_length=most)
        # The end of a text is what is continued.
        tokenizer.truncation_side = tokenizer.padding_side = "left"
        if tokenizer.pad_token is None and tokenizer.eos_token is not None:
            tokenizer.pad_token = tokenizer.eos_token
        self._arguments = {
            **_GREEDY,
            "max_new_tokens": asked,
            "pad_token_id": tokenizer.pad_token_id,
        }
        self._whole = flag(setup.properties, "return-full-text", True)
        self._pipeline = transformers.TextGenerationPipeline(**pipeline_parts(setup.loaded))

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each text."""
        texts = [given[0] for given in inputs]
        counts = self.loaded.tokenizer(texts, verbose=False)["input_ids"]
        # Without tokens, a text must not be padded: the model then starts with its own token.
        some = [text for text, tokens in zip(texts, counts, strict=True) if tokens]
        written = iter(self._write(some) if some else [])
        return [
            [(next(written) if tokens else self._write([text])[0],)]
            for text, tokens in zip(texts, counts, strict=True)
        ]

    def _write(self, texts: list[str]) -> list[str]:
        results = run_pipeline(
            self._pipeline,
            texts,
            self.loaded,
            **self._arguments,
            return_full_text=self._whole,
            truncation=self.loaded.max_length is not None,
        )
        return [found["generated_text"] for (found,) in results]


class TextToText(Task):
    """Writes a text for another text, with an encoder and a decoder."""

    properties = ("max-new-tokens",)
    auto_class = "AutoModelForSeq2SeqLM"
    architectures = ("ForConditionalGeneration",)
    _name = "text2text-generation"
    _column = "generated_text"

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        _check_outputs(setup, self._name, self._column)
        model, tokenizer = setup.loaded.model, setup.loaded.tokenizer
        config = model.generation_config
        # T5 and BART name here what differs between the tasks that they were trained for.
        own = dict((getattr(model.config, "task_specific_params", None) or {}).get(self._name, {}))
        self._prefix = own.pop("prefix", getattr(model.config, "prefix", None) or "")
        asked = optional_integer(setup.properties, "max-new-tokens", 1)
        positions = getattr(model.config, "max_position_embeddings", None)
        # The first token of the decoder also has a position.
        most = positions - 1 if isinstance(positions, int) and positions > 1 else None
        if asked is not None and most is not None and asked > most:
            raise ModelError(
                f"option 'properties.max-new-tokens' is '{asked}'; the model writes at most {most}"
            )
        length = own.get("max_length", config.max_length)
        if asked is None and config.max_new_tokens is None and length in _NO_LENGTH:
            asked = _NEW_TOKENS if most is None else min(_NEW_TOKENS, most)
        if asked is not None:
            own.pop("max_length", None)
            own["max_new_tokens"] = asked
        pad = tokenizer.pad_token_id if config.pad_token_id is None else config.pad_token_id
        self._arguments = {**own, **_GREEDY, "pad_token_id": pad}
        tokenizer.padding_side = "right"

    def full_texts(self, given: Values) -> list[tuple[str, str | None]]:
        """Returns the text with the prefix of the task."""
        return [(self._prefix + given[0], None)]

    def predict(self, inputs: Sequence[Values]) -> list[list[tuple[Any, ...]]]:
        """Returns one row of OUTPUT for each text."""
        texts = [text for given in inputs for text, _ in self.full_texts(given)]
        step = len(texts) if self.loaded.can_pad else 1
        return [
            [(text,)]
            for start in range(0, len(texts), step)
            for text in self._write(texts[start : start + step])
        ]

    def _write(self, texts: list[str]) -> list[str]:
        tokenizer, model = self.loaded.tokenizer, self.loaded.model
        encoded = tokenizer(
            texts,
            padding=len(texts) > 1,
            truncation=self.loaded.max_length is not None,
            return_token_type_ids=False,
            return_tensors="pt",
        ).to(model.device)
        tokens = model.generate(**encoded, **self._arguments)
        return [
            tokenizer.decode(one, skip_special_tokens=True, clean_up_tokenization_spaces=False)
            for one in tokens
        ]


class Summarization(TextToText):
    """Summarizes a text."""

    _name = "summarization"
    _column = "summary_text"


def _check_outputs(setup: Setup, task: str, column: str) -> None:
    types: Mapping[str, str] = {column: TEXT}
    match_outputs(
        columns_of(setup.outputs), types, setup.outputs, f"the task {task} gives {column} {TEXT}"
    )
