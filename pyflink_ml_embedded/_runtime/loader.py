# SPDX-License-Identifier: Apache-2.0
"""Loads a predict function from a model directory or an installed package."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .._decorators import predict_class_of
from .._exceptions import ModelError
from .._function import AnyPredictFunction
from .private_modules import PrivateModules, public_names


def load_class(python_class: str, modules: PrivateModules | None) -> type[AnyPredictFunction]:
    """Loads a predict function's class.

    Args:
        python_class: ``module.Class`` or ``package.module.Class``; or the name of a decorated
            function in the same forms.
        modules: those of the model directory, or None if the model has no directory.

    Raises:
        ModelError: the module or the class is missing, or the class is not a predict function.
    """
    module_name, dot, class_name = python_class.rpartition(".")
    if not dot:
        raise ModelError(
            f"option 'python-predict-class': '{python_class}' does not have the form "
            "'module.Class' or 'package.module.Class'"
        )
    if module_name == "__main__":
        raise ModelError(
            f"option 'python-predict-class': '{python_class}' is in the script that the client "
            "runs, which TaskManagers do not have. Move the class to a file of the directory of "
            f"'model-directory-path', e.g. model.py, and set 'model.{class_name}'"
        )
    predict_class = _class_of(_import_module(module_name, modules), class_name)
    _refuse_missing_methods(predict_class, python_class)
    _refuse_constructor_arguments(predict_class, python_class)
    return predict_class


def _import_module(name: str, modules: PrivateModules | None) -> ModuleType:
    owner = None if modules is None else modules.owner_of(name.partition(".")[0])
    wanted = name if owner is None else owner.private_name(name)
    try:
        return importlib.import_module(wanted)
    except ModuleNotFoundError as error:
        # A module that exists may itself import a module, or ask for metadata, that is missing.
        if type(error) is not ModuleNotFoundError or error.name is None:
            raise
        if not f"{wanted}.".startswith(f"{error.name}."):
            raise
    if modules is None:
        raise ModelError(f"module '{name}' is not installed in '{sys.executable}'")
    below = "" if modules.below is None else "nor in what the job brings to it, "
    raise ModelError(
        f"option 'python-predict-class': module '{name}' is neither in '{modules.directory}' "
        f"(which has: {_listed(modules.top_level())}) {below}nor installed in '{sys.executable}'"
    )


def _class_of(module: ModuleType, class_name: str) -> type[AnyPredictFunction]:
    module_name = public_names(module.__name__)
    found: Any = getattr(module, class_name, None)
    if found is None:
        classes = [
            name
            for name, value in vars(module).items()
            if (known := predict_class_of(value)) is not None and not inspect.isabstract(known)
        ]
        raise ModelError(
            f"option 'python-predict-class': module '{module_name}' has no class '{class_name}'; "
            f"its PredictFunction classes: {_listed(classes)}"
        )
    predict_class = predict_class_of(found)
    if predict_class is None:
        remedy = (
            f"write '@predict_function' above 'def {class_name}'"
            if inspect.isfunction(found)
            else f"write 'class {class_name}(PredictFunction)'"
        )
        raise ModelError(
            f"option 'python-predict-class': '{module_name}.{class_name}' is not a subclass of "
            f"pyflink_ml_embedded.PredictFunction or BatchPredictFunction: {remedy}"
        )
    return predict_class


def _refuse_missing_methods(predict_class: type[AnyPredictFunction], python_class: str) -> None:
    missing = sorted(getattr(predict_class, "__abstractmethods__", ()))
    if not missing:
        return
    own = [name for name, value in vars(predict_class).items() if inspect.isfunction(value)]
    text = (
        f"option 'python-predict-class': '{python_class}' has no method {_listed(missing)}; its "
        f"methods: {_listed(own)}"
    )
    if missing == ["predict"] and hasattr(predict_class, "predict_batch"):
        text += ". A class with predict_batch inherits from BatchPredictFunction"
    elif missing == ["predict_batch"] and hasattr(predict_class, "predict"):
        text += ". A class with predict inherits from PredictFunction"
    raise ModelError(text)


def _refuse_constructor_arguments(
    predict_class: type[AnyPredictFunction], python_class: str
) -> None:
    try:
        inspect.signature(predict_class).bind()
    except TypeError as error:
        raise ModelError(
            f"option 'python-predict-class': '{python_class}' is created without arguments, but "
            f"its __init__ needs some: {error}. Read the options 'properties.*' in open instead"
        ) from None
    except ValueError:  # a class of C code may have no signature
        return


def _listed(names: Sequence[str]) -> str:
    return ", ".join(sorted(names)) or "none"
