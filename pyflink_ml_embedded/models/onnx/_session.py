# SPDX-License-Identifier: Apache-2.0
"""Finds an ONNX file and loads it by onnxruntime."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from ..._context import PredictContext
from ..._exceptions import ModelError
from ..._properties import choice, flag, integer
from .._requirements import require_directory, require_package
from ._args import args_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# The property graph-optimization -> the name in onnxruntime.GraphOptimizationLevel.
_OPTIMIZATIONS = {
    "disabled": "ORT_DISABLE_ALL",
    "basic": "ORT_ENABLE_BASIC",
    "extended": "ORT_ENABLE_EXTENDED",
    "all": "ORT_ENABLE_ALL",
}

CPU_PROVIDER = "CPUExecutionProvider"

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


@dataclass(frozen=True)
class SessionSettings:
    """How onnxruntime runs a file.

    Attributes:
        graph_optimization: a value of ``onnxruntime.GraphOptimizationLevel``.
        intra_op_threads: the threads of one prediction.
        spinning: whether these threads spin while they wait for work.
        providers: the execution providers.
    """

    graph_optimization: int
    intra_op_threads: int
    spinning: bool
    providers: tuple[str, ...]

    @classmethod
    def of(cls, properties: Mapping[str, str]) -> SessionSettings:
        """Reads the settings from the properties.

        Raises:
            ModelError: onnxruntime is not installed, or a property is wrong.
        """
        onnxruntime = require_package("onnxruntime", "onnx")
        level = choice(properties, "graph-optimization", list(_OPTIMIZATIONS), "all")
        return cls(
            int(getattr(onnxruntime.GraphOptimizationLevel, _OPTIMIZATIONS[level])),
            integer(properties, "intra-op-threads", 1, 1),
            # A thread that spins between rows takes a core from Flink.
            flag(properties, "spinning", False),
            _providers(onnxruntime, properties),
        )


class LoadedFile:
    """An ONNX file that the functions of several subtasks share.

    Args:
        path: the file.
        settings: how it is run.

    Attributes:
        path: the file.
        settings: how it is run.
        inputs: the inputs that must have values.
        optional: the inputs that have a default.
        outputs: the outputs.

    Raises:
        ModelError: onnxruntime cannot load the file.
    """

    def __init__(self, path: str, settings: SessionSettings) -> None:
        self.path = path
        self.settings = settings
        self._lock = threading.Lock()
        self._session: InferenceSession | None = None
        session = self.session()
        self.inputs = args_of(session.get_inputs())
        self.optional = args_of(session.get_overridable_initializers())
        self.outputs = args_of(session.get_outputs())

    def session(self) -> InferenceSession:
        """Returns the session, which is loaded unless it is held.

        Raises:
            ModelError: onnxruntime cannot load the file.
        """
        with self._lock:
            if self._session is None:
                self._session = _load(self.path, self.settings)
            return self._session

    def release_session(self) -> None:
        """Drops the session, because C has loaded the file too."""
        with self._lock:
            self._session = None


def load_file(path: str, context: PredictContext) -> LoadedFile:
    """Returns the file with the settings of the properties, shared with other subtasks.

    Raises:
        ModelError: onnxruntime is not installed or cannot load the file, or a property is wrong.
    """
    settings = SessionSettings.of(context.properties)
    return context.shared(("onnx", os.path.basename(path)), lambda: LoadedFile(path, settings))


def _load(path: str, settings: SessionSettings) -> InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = _ERRORS_ONLY
    options.intra_op_num_threads = settings.intra_op_threads
    options.add_session_config_entry("session.intra_op.allow_spinning", str(int(settings.spinning)))
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel(
        settings.graph_optimization
    )
    try:
        return onnxruntime.InferenceSession(path, options, providers=list(settings.providers))
    except Exception as error:
        raise _explain(error, path, onnxruntime.__version__) from error


def _providers(onnxruntime: ModuleType, properties: Mapping[str, str]) -> tuple[str, ...]:
    given = properties.get("providers", CPU_PROVIDER)
    providers = tuple(provider.strip() for provider in given.split(","))
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
