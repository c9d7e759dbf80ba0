# SPDX-License-Identifier: Apache-2.0
"""Predicts by the C interface of LightGBM or XGBoost, without Python between rows."""

from __future__ import annotations

from ..._context import PredictContext
from ..._engine import choose_engine
from ..._native import TreesEngine
from ._inputs import Inputs
from ._model import TreeModel
from ._outputs import Outputs


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
    return choose_engine(context, model.path, lambda: _make(model, inputs, outputs))


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
