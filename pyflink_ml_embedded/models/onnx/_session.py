# SPDX-License-Identifier: Apache-2.0
"""Finds an ONNX file and loads it into a session of onnxruntime."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..._context import PredictContext
from ..._exceptions import ModelError
from ..._properties import choice, flag, integer
from .._requirements import require_directory, require_package

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# The property graph-optimization -> the name in onnxruntime.GraphOptimizationLevel.
_OPTIMIZATIONS = {
    "disabled": "ORT_DISABLE_ALL",
    "basic": "ORT_ENABLE_BASIC",
    "extended": "ORT_ENABLE_EXTENDED",
    "all": "ORT_ENABLE_ALL",
}

_ERRORS_ONLY = 3

# The reason that onnxruntime gives -> what to do.
_REMEDIES = {
    r"Protobuf parsing failed|No graph was found|does not have a graph": (
        "the file is truncated, or not an ONNX file: copy it to the directory again"
    ),
    r"Opset \d+ is under development|Unsupported model IR version": (
        "install a newer onnxruntime, or export the model for an older opset and IR version"
    ),
    r"[Ee]xternal (data|initializer)|model_path must not be empty|cannot get file size": (
        "the weights are in a second file: copy it, complete, to the same directory, under the "
        "name that it was exported with"
    ),
    r"not a registered function/op|No Op registered|NOT_IMPLEMENTED": (
        "the file has an operator that this onnxruntime does not support: export the model with "
        "standard operators"
    ),
}


def find_file(directory: str | None, name: str | None) -> str:
    """Returns the path of the file with this name, or of the only ``*.onnx`` file.

    Raises:
        ModelError: the directory has no such file, or it has several and no name is given.
    """
    directory = require_directory(directory, "OnnxPredictFunction")
    files = sorted(entry for entry in os.listdir(directory) if entry.endswith(".onnx"))
    if name is None and len(files) == 1:
        name = files[0]
    has = f"'{directory}' has: {', '.join(files) or 'no *.onnx file'}"
    if name is None:
        raise ModelError(f"{has}. Set the option 'properties.onnx-file' to one file")
    path = os.path.join(directory, name)
    if not os.path.isfile(path):
        raise ModelError(f"option 'properties.onnx-file' is '{name}', which does not exist; {has}")
    return path


def load_session(file: str, context: PredictContext) -> InferenceSession:
    """Returns a session with the options of the properties, shared with other subtasks.

    Raises:
        ModelError: onnxruntime is not installed or cannot load the file, or a property is wrong.
    """
    onnxruntime = require_package("onnxruntime", "onnx")
    options = _session_options(onnxruntime, context.properties)
    providers = _providers(onnxruntime, context.properties)

    def load() -> Any:
        try:
            return onnxruntime.InferenceSession(file, options, providers=providers)
        except Exception as error:
            raise _explain(error, file, onnxruntime.__version__) from error

    return context.shared(("onnx", os.path.basename(file)), load)


def _session_options(onnxruntime: ModuleType, properties: Mapping[str, str]) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.intra_op_num_threads = integer(properties, "intra-op-threads", 1, 1)
    # A thread that spins between rows takes a core from Flink.
    spinning = flag(properties, "spinning", False)
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(spinning)))
    level = choice(properties, "graph-optimization", list(_OPTIMIZATIONS), "all")
    options.graph_optimization_level = getattr(
        onnxruntime.GraphOptimizationLevel, _OPTIMIZATIONS[level]
    )
    return options


def _providers(onnxruntime: ModuleType, properties: Mapping[str, str]) -> list[str]:
    given = properties.get("providers", "CPUExecutionProvider")
    providers = [provider.strip() for provider in given.split(",")]
    available = onnxruntime.get_available_providers()
    if not set(providers) <= set(available):
        raise ModelError(
            f"option 'properties.providers' is '{given}'; the installed onnxruntime has: "
            f"{', '.join(available)}"
        )
    return providers


def _explain(error: Exception, file: str, version: str) -> ModelError:
    reason = str(error)
    remedies = [remedy for cause, remedy in _REMEDIES.items() if re.search(cause, reason)]
    advice = f" ({remedies[0]})" if remedies else ""
    return ModelError(f"onnxruntime {version} cannot load '{file}'{advice}: {reason}")
