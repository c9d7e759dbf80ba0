# SPDX-License-Identifier: Apache-2.0
"""Loads weights and tokenizer from a directory, without network access."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

import torch
import transformers
from transformers.utils import logging as transformers_logging

from ..._exceptions import ModelError
from .._pickles import require_pickles
from ._directory import ModelDirectory

# A tokenizer without a limit has 10**30.
_NO_LIMIT = 10**9
_WEIGHTS = ("model", "pytorch_model"), (".safetensors", ".bin")
_PICKLES = ("pytorch_model", "adapter_model")
_VERSION = tuple(int(part) for part in transformers.__version__.split(".")[:2])
# Version 4.56 renamed the argument.
_DTYPE = "dtype" if _VERSION >= (4, 56) else "torch_dtype"

# While transformers loads, it changes torch's default dtype and initialisers for all threads.
LOADING = threading.Lock()


# Returns the object of a name that all functions of the model share, and loads it first if needed.
Shared: TypeAlias = Callable[[str, Callable[[], Any]], Any]


class LoadOptions(NamedTuple):
    """The options ``properties.*`` that say how a model is loaded.

    Attributes:
        device: a device of torch.
        dtype: the name of a dtype of torch, or ``auto`` for that of the file.
        max_length: the maximum number of tokens of a text, or None for the model's limit.
        trust_remote_code: whether code in the directory may run.
        allow_pickle: whether weights may be in a pickle.
    """

    device: str
    dtype: str
    max_length: int | None
    trust_remote_code: bool
    allow_pickle: bool


@dataclass(frozen=True)
class LoadedModel:
    """The model and tokenizer of one open function.

    Attributes:
        model: the weights, shared with other functions and threads.
        tokenizer: the function's own tokenizer, because fast tokenizers are not thread-safe; for
            images the image processor.
        max_length: the maximum number of tokens of a text, special ones included; None for no
            limit.
    """

    model: Any
    tokenizer: Any
    max_length: int | None

    @property
    def can_pad(self) -> bool:
        """Whether one call of the model can take texts of different lengths."""
        return self.tokenizer.pad_token is not None


def log_quietly() -> None:
    """Makes transformers log by ``logging``, without progress bars on stderr."""
    transformers_logging.disable_progress_bar()
    transformers_logging.disable_default_handler()
    transformers_logging.enable_propagation()


def load_model(
    directory: ModelDirectory, auto_class: str, unused: str | None, options: LoadOptions
) -> Any:
    """Loads the weights.

    Args:
        directory: the model directory.
        auto_class: the name of the class of transformers that has the head for the task.
        unused: a module that the task does not use, whose weights may be missing; or None.
        options: how the model is loaded.

    Raises:
        ModelError: a file is missing or damaged, lacks weights, or does not fit on the device.
    """
    with LOADING:
        try:
            model, report = getattr(transformers, auto_class).from_pretrained(
                directory.transformer,
                local_files_only=True,
                output_loading_info=True,
                **{_DTYPE: options.dtype},
                trust_remote_code=options.trust_remote_code,
                weights_only=True,
                use_safetensors=None if options.allow_pickle else True,
            )
        except Exception as error:
            raise _unreadable(directory, error) from error
    missing = sorted(key for key in report["missing_keys"] if not (unused and _is_of(key, unused)))
    if missing:
        files = shortened(_weight_files(directory.transformer))
        raise ModelError(
            f"the weights in '{directory.transformer}' ({files}) lack "
            f"{shortened(missing)} of {type(model).__name__}, which would be random numbers: set "
            "'properties.task' to the task that the model was trained for, or use a model that was "
            "trained for this task"
        )
    return to_device(model, options.device)


def load_state(path: str) -> dict[str, Any]:
    """Returns the tensors in the file of weights in a directory.

    Raises:
        ModelError: the file is missing or damaged.
    """
    for name in ("model.safetensors", "pytorch_model.bin"):
        file = os.path.join(path, name)
        if not os.path.isfile(file):
            continue
        try:
            if name.endswith(".bin"):
                return dict(torch.load(file, map_location="cpu", weights_only=True))
            from safetensors.torch import load_file

            return dict(load_file(file))
        except Exception as error:
            raise _damaged(file, error) from error
    raise ModelError(f"'{path}' has no model.safetensors; copy the whole directory of the model")


def require_safetensors(path: str, allow_pickle: bool) -> None:
    """Refuses weights that are only in a pickle, where these are not allowed.

    Raises:
        ModelError: there are such weights.
    """
    for parent, _, names in os.walk(path):
        pickles = [name for name in names if name.startswith(_PICKLES) and name.endswith(".bin")]
        if pickles and not any(name.endswith(".safetensors") for name in names):
            require_pickles(
                allow_pickle,
                f"'{os.path.join(parent, min(pickles))}' is a pickle",
                "Save the model with save_pretrained(..., safe_serialization=True)",
            )


def to_device(model: Any, device: str) -> Any:
    """Returns the model on a device, in evaluation mode.

    Raises:
        ModelError: torch cannot use the device.
    """
    try:
        return model.to(torch.device(device)).eval()
    except (RuntimeError, AssertionError) as error:
        raise ModelError(
            f"option 'properties.device' is '{device}', which torch cannot use: {first_line(error)}"
        ) from error


def load_tokenizer(directory: ModelDirectory, trust_remote_code: bool) -> Any:
    """Loads the tokenizer.

    Raises:
        ModelError: a file is missing or damaged.
    """
    path = directory.transformer
    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            path, local_files_only=True, trust_remote_code=trust_remote_code
        )
    except Exception as error:
        if not trust_remote_code and "trust_remote_code" in str(error):
            raise needs_trust(path) from error
        found = shortened(sorted(os.listdir(path)))
        raise ModelError(
            f"cannot load the tokenizer in '{path}' (which has: {found}): {first_line(error)}. "
            "Save it with save_pretrained of the tokenizer"
        ) from error
    # Without the file of its vocabulary, transformers creates an empty tokenizer.
    files = set(tokenizer.vocab_files_names.values())
    if files and not any(os.path.isfile(os.path.join(path, name)) for name in files):
        raise ModelError(
            f"'{path}' has no tokenizer; expected one of: {shortened(sorted(files))}. Save it with "
            "save_pretrained of the tokenizer"
        )
    return tokenizer


def limit_length(
    model: Any, tokenizer: Any, asked: int | None, of_sentences: int | None
) -> int | None:
    """Sets the maximum number of tokens of the tokenizer, and returns it; None for no limit.

    Args:
        model: the weights.
        tokenizer: the tokenizer, which then truncates texts to this number.
        asked: the property max-length, or None.
        of_sentences: the limit of sentence-transformers, which replaces the tokenizer's; or None.

    Raises:
        ModelError: the property is out of the model's range.
    """
    of_tokenizer = tokenizer.model_max_length if of_sentences is None else of_sentences
    limits = [of_tokenizer, _positions(model)]
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
    """Returns the number of tokens that the model has positions for; None if it has no limit."""
    for name, module in model.named_modules():
        if name.rpartition(".")[2] == "position_embeddings" and isinstance(
            module, torch.nn.Embedding
        ):
            # In RoBERTa and similar models, positions start after that of the padding.
            offset = 0 if module.padding_idx is None else module.padding_idx + 1
            return int(module.num_embeddings) - offset
    count = getattr(model.config, "max_position_embeddings", None)
    return count if isinstance(count, int) and count > 0 else None


def _unreadable(directory: ModelDirectory, error: Exception) -> ModelError:
    path = directory.transformer
    if "trust_remote_code" in str(error):
        return needs_trust(path)
    broken = _broken_file(path)
    if broken is not None:
        return _damaged(broken, error)
    return ModelError(
        f"cannot load the model in '{path}' (which has: {shortened(sorted(os.listdir(path)))}): "
        f"{first_line(error)}"
    )


def _damaged(file: str, error: Exception) -> ModelError:
    return ModelError(
        f"cannot read the weights in '{file}': {first_line(error)}. The file may be incomplete: "
        "copy it again"
    )


def _broken_file(path: str) -> str | None:
    """Returns the first file of weights that cannot be opened; None if all can."""
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


def needs_trust(path: str) -> ModelError:
    """Returns the error for a directory whose code must not run."""
    return ModelError(
        f"the model in '{path}' has its own Python code, which runs only if the option "
        "'properties.trust-remote-code' is 'true'"
    )


def _is_of(key: str, module: str) -> bool:
    return f".{module}." in f".{key}"


def shortened(names: Sequence[str]) -> str:
    """Returns the first names, separated by commas, and how many more there are."""
    most = 5
    shown = ", ".join(names[:most]) or "none"
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")


def first_line(error: Exception) -> str:
    """Returns the first line of a message, or the name of the exception's class."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
