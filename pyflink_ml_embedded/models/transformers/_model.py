"""Loads weights and tokenizer of a directory in the format of transformers, without a network."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
import transformers
from transformers.utils import logging as transformers_logging

from ..._exceptions import ModelError
from ._directory import TextDirectory

# A tokenizer that knows no limit says 10**30.
_NO_LIMIT = 10**9
_WEIGHTS = ("model", "pytorch_model"), (".safetensors", ".bin")
_VERSION = tuple(int(part) for part in transformers.__version__.split(".")[:2])
# The argument's name, which 4.56 changed.
_DTYPE = "dtype" if _VERSION >= (4, 56) else "torch_dtype"

# transformers changes torch's default dtype and initialisers for all threads while it loads.
_loading = threading.Lock()


@dataclass(frozen=True)
class TextModel:
    """What a task predicts with.

    Attributes:
        model: the weights, which other functions and threads use too.
        tokenizer: of this function alone, because fast tokenizers are for one thread at a time.
        max_length: the most tokens of a text, special ones included; None where any will do.
    """

    model: Any
    tokenizer: Any
    max_length: int | None

    @property
    def can_pad(self) -> bool:
        """Whether texts of several lengths can be in one call of the model."""
        return self.tokenizer.pad_token is not None


def log_quietly() -> None:
    """Sends what transformers has to say to ``logging``, and no progress bars to stderr."""
    transformers_logging.disable_progress_bar()
    transformers_logging.disable_default_handler()
    transformers_logging.enable_propagation()


def load_model(
    directory: TextDirectory,
    auto_class: str,
    unused: str | None,
    *,
    device: str,
    dtype: str,
    trust_remote_code: bool,
) -> Any:
    """Loads the weights.

    Args:
        directory: where they are.
        auto_class: the name of the class of transformers that knows the head for the task.
        unused: a module that the task does not use, so that its weights may be missing, or None.
        device: a device of torch.
        dtype: the name of a dtype of torch, or ``auto`` for that of the file.
        trust_remote_code: whether code of the directory may run.

    Raises:
        ModelError: a file is missing or broken, has not all weights, or does not fit the device.
    """
    with _loading:
        try:
            model, report = getattr(transformers, auto_class).from_pretrained(
                directory.transformer,
                local_files_only=True,
                output_loading_info=True,
                **{_DTYPE: dtype},
                trust_remote_code=trust_remote_code,
                weights_only=True,
            )
        except Exception as error:
            raise _unreadable(directory, error) from error
    missing = sorted(key for key in report["missing_keys"] if not (unused and _is_of(key, unused)))
    if missing:
        files = _listed(_weight_files(directory.transformer))
        raise ModelError(
            f"the weights in '{directory.transformer}' ({files}) lack "
            f"{_listed(missing)} of {type(model).__name__}, and would be random numbers: set "
            "'properties.task' to the task that the model was trained for, or give the model that "
            "was trained for this one"
        )
    try:
        return model.to(torch.device(device)).eval()
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"option 'properties.device' is '{device}', which torch cannot use: "
            f"{_first_line(error)}"
        ) from error


def load_tokenizer(directory: TextDirectory, trust_remote_code: bool) -> Any:
    """Loads the tokenizer.

    Raises:
        ModelError: a file is missing or broken.
    """
    path = directory.transformer
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            path, local_files_only=True, trust_remote_code=trust_remote_code
        )
    except Exception as error:
        if not trust_remote_code and "trust_remote_code" in str(error):
            raise _needs_trust(path) from error
        raise ModelError(
            f"cannot load the tokenizer in '{path}' (which has: {_listed(sorted(os.listdir(path)))}"
            f"): {_first_line(error)}; save_pretrained of the tokenizer writes its files"
        ) from error
    # transformers makes an empty tokenizer where the file with its words is not there.
    files = set(tokenizer.vocab_files_names.values())
    if files and not any(os.path.isfile(os.path.join(path, name)) for name in files):
        raise ModelError(
            f"'{path}' has no tokenizer: expected one of {_listed(sorted(files))}, which "
            "save_pretrained of the tokenizer writes"
        )
    return tokenizer


def limit_length(
    model: Any, tokenizer: Any, asked: int | None, of_sentences: int | None
) -> int | None:
    """Makes the tokenizer cut texts to what the model takes, and returns that number of tokens.

    Args:
        model: the weights.
        tokenizer: the tokenizer.
        asked: the property max-length, or None.
        of_sentences: what sentence-transformers cuts texts to, or None.

    Raises:
        ModelError: the property does not fit the model.
    """
    limits = [tokenizer.model_max_length, _positions(model), of_sentences]
    known = [limit for limit in limits if limit is not None and limit < _NO_LIMIT]
    most = min(known, default=None)
    least = tokenizer.num_special_tokens_to_add(pair=False) + 1
    if asked is not None and (asked < least or (most is not None and asked > most)):
        raise ModelError(
            f"option 'properties.max-length' is '{asked}'; the model takes from {least} to "
            f"{'any number of' if most is None else most} tokens, special ones included"
        )
    max_length = most if asked is None else asked
    if max_length is not None:
        tokenizer.model_max_length = max_length
    return max_length


def _positions(model: Any) -> int | None:
    """Returns the number of tokens that the model has positions for."""
    for name, module in model.named_modules():
        if name.rpartition(".")[2] == "position_embeddings" and isinstance(
            module, torch.nn.Embedding
        ):
            # RoBERTa and its like count positions from behind the padding's.
            offset = 0 if module.padding_idx is None else module.padding_idx + 1
            return int(module.num_embeddings) - offset
    count = getattr(model.config, "max_position_embeddings", None)
    return count if isinstance(count, int) and count > 0 else None


def _unreadable(directory: TextDirectory, error: Exception) -> ModelError:
    path = directory.transformer
    if "trust_remote_code" in str(error):
        return _needs_trust(path)
    broken = _broken_file(path)
    if broken is not None:
        return ModelError(
            f"cannot read the weights in '{broken}', which may be incomplete: {_first_line(error)}"
        )
    return ModelError(
        f"cannot load the model in '{path}' (which has: {_listed(sorted(os.listdir(path)))}): "
        f"{_first_line(error)}"
    )


def _broken_file(path: str) -> str | None:
    """Returns the first file of weights that cannot be opened."""
    for name in _weight_files(path):
        file = os.path.join(path, name)
        try:
            if name.endswith(".bin"):
                torch.load(file, map_location="meta", weights_only=True)
            else:
                _open_safetensors(file)
        except Exception:
            return file
    return None


def _weight_files(path: str) -> list[str]:
    beginnings, endings = _WEIGHTS
    names = sorted(os.listdir(path))
    return [name for name in names if name.startswith(beginnings) and name.endswith(endings)]


def _open_safetensors(file: str) -> None:
    from safetensors import safe_open

    with safe_open(file, framework="pt"):
        pass


def _needs_trust(path: str) -> ModelError:
    return ModelError(
        f"the model in '{path}' has Python code of its own, which is not run unless the option "
        "'properties.trust-remote-code' is 'true'"
    )


def _is_of(key: str, module: str) -> bool:
    return f".{module}." in f".{key}"


def _listed(names: Sequence[str]) -> str:
    most = 5
    shown = ", ".join(names[:most]) or "none"
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
