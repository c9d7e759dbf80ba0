# SPDX-License-Identifier: Apache-2.0
"""Predict functions made of code that was written for Spark or Ray.

Each function returns a class, to be assigned to a name in the model's module. The option
``'python-predict-class' = 'module.name'`` selects it.
"""

from ._callables import from_batch_callable, from_row_callable
from ._spark import from_make_predict_fn

__all__ = ["from_batch_callable", "from_make_predict_fn", "from_row_callable"]
