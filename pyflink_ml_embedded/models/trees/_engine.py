# SPDX-License-Identifier: Apache-2.0
"""Predicts by the C interface of LightGBM or XGBoost, without Python between rows."""

from __future__ import annotations

import logging

from ..._context import PredictContext
from ..._exceptions import ModelError
from ..._native import TreesEngine
from ..._properties import choice
from ._inputs import Inputs
from ._model import TreeModel
from ._outputs import Outputs

_log = logging.getLogger(__name__)


def make_engine(
    model: TreeModel, inputs: Inputs, outputs: Outputs, context: PredictContext
) -> TreesEngine | None:
    """Returns an engine for one function, or None if Python predicts.

    Args:
        model: the model file.
        inputs: how its features are made from columns.
        outputs: how its results are made columns.
        context: the context of the function, with the property ``engine``.

    Raises:
        ModelError: the property is ``c``, and C cannot predict.
    """
    engine = choice(context.properties, "engine", ("auto", "c", "python"), "auto")
    if engine == "python":
        return None
    made = _make(model, inputs, outputs)

    def log_once() -> None:
        way = f"by Python: {made}" if isinstance(made, str) else "without Python"
        _log.info("Model '%s': '%s' is run %s", context.model, model.path, way)

    context.shared(("trees-engine", str(context.input_schema)), log_once)
    if not isinstance(made, str):
        return made
    if engine == "c":
        raise ModelError(
            f"option 'properties.engine' is 'c', but C cannot run '{model.path}': {made}. Set it "
            "to auto or python"
        )
    return None


def _make(model: TreeModel, inputs: Inputs, outputs: Outputs) -> TreesEngine | str:
    """Returns an engine, or why there is none."""
    if inputs.refusal is not None:
        return inputs.refusal
    native = model.native
    if isinstance(native, str):
        return native
    try:
        return TreesEngine(
            model.library,
            native.path,
            native.booster,
            native.handle,
            tuple(_described(position, inputs) for position in range(len(inputs.columns.order))),
            len(model.features),
            outputs.results,
            outputs.is_array,
            outputs.has_integers,
            native.is_raw,
            native.end_iteration,
            native.threads,
        )
    except ImportError as error:
        return str(error)


def _described(position: int, inputs: Inputs) -> tuple[int, tuple[object, ...] | None]:
    codes = inputs.columns.codes.get(position)
    return inputs.columns.order[position], None if codes is None else tuple(codes)
