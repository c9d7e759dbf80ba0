"""Finds and loads an ONNX file."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from ..._context import PredictContext
from ..._exceptions import ModelError
from ..._properties import choice, flag, integer

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# In the order of onnxruntime.GraphOptimizationLevel.
_OPTIMIZATIONS = {
    "disabled": "ORT_DISABLE_ALL",
    "basic": "ORT_ENABLE_BASIC",
    "extended": "ORT_ENABLE_EXTENDED",
    "all": "ORT_ENABLE_ALL",
}

_ERRORS_ONLY = 3

# Why onnxruntime does not load a file -> what to do.
_REMEDIES = {
    r"Protobuf parsing failed|No graph was found|does not have a graph": (
        "it is cut short or no ONNX file; copy it to the directory anew"
    ),
    r"Opset \d+ is under development|Unsupported model IR version": (
        "install a newer onnxruntime, or export the model for an older opset and IR version"
    ),
    r"[Ee]xternal (data|initializer)|model_path must not be empty|cannot get file size": (
        "its weights are in a second file, which must lie beside it, whole and under the name "
        "that it was exported with"
    ),
    r"not a registered function/op|No Op registered|NOT_IMPLEMENTED": (
        "it has an operator that onnxruntime does not know; export it with standard operators"
    ),
}


def find_file(directory: str | None, name: str | None) -> str:
    """Returns the path of the directory's only ``*.onnx`` file, or of the one with this name.

    Raises:
        ModelError: there is none, or several and no name.
    """
    if directory is None:
        raise ModelError("OnnxPredictFunction needs the option 'model-directory-path'")
    files = sorted(entry for entry in os.listdir(directory) if entry.endswith(".onnx"))
    if name is None and len(files) == 1:
        name = files[0]
    has = f"'{directory}' has: {', '.join(files) or 'no *.onnx file'}"
    if name is None:
        raise ModelError(f"set the option 'properties.onnx-file' to a file in the directory; {has}")
    path = os.path.join(directory, name)
    if not os.path.isfile(path):
        raise ModelError(f"option 'properties.onnx-file': there is no file '{name}'; {has}")
    return path


def load_session(file: str, context: PredictContext) -> InferenceSession:
    """Returns a session for the file with the options of the properties, shared where it may be.

    Raises:
        ModelError: onnxruntime is missing or cannot load the file, or a property is wrong.
    """
    try:
        import onnxruntime
    except ModuleNotFoundError as error:
        raise ModelError(
            "onnxruntime is not installed: pip install 'pyflink-ml-embedded[onnx]'"
        ) from error
    properties = context.properties
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
    given = properties.get("providers", "CPUExecutionProvider")
    providers = [provider.strip() for provider in given.split(",")]
    available = onnxruntime.get_available_providers()
    if not set(providers) <= set(available):
        raise ModelError(
            f"option 'properties.providers' is '{given}'; onnxruntime has: {', '.join(available)}"
        )

    def load() -> Any:
        try:
            return onnxruntime.InferenceSession(file, options, providers=providers)
        except Exception as error:
            raise _explain(error, file, onnxruntime.__version__) from error

    return context.shared(("onnx", os.path.basename(file)), load)


def _explain(error: Exception, file: str, version: str) -> ModelError:
    reason = str(error)
    remedies = [remedy for cause, remedy in _REMEDIES.items() if re.search(cause, reason)]
    advice = f": {remedies[0]}" if remedies else ""
    return ModelError(f"onnxruntime {version} cannot load '{file}'{advice}. It says: {reason}")
