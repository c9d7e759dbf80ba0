# SPDX-License-Identifier: Apache-2.0
"""A library can be imported first on any thread, although the import creates threads and locks."""

from importlib.util import find_spec

import pytest

from .sql import create_model, create_values, run_sql

_LIBRARIES = {
    "Numpy": "numpy",
    "Pyarrow": "pyarrow",
    "OnnxRuntime": "onnxruntime",
    "ScikitLearn": "sklearn",
    "Torch": "torch",
}


@pytest.mark.parametrize("import_in", ["open", "predict"])
def test_libraries_run_where_they_are_first_imported(import_in: str) -> None:
    """PyFlink's thread mode hangs on the first import on a thread that PemJa does not know.

    open runs on the task thread and predict on the legacy source thread, so each runs the
    first import on a separate thread in one of the two cases.
    """
    libraries = [name for name, module in _LIBRARIES.items() if find_spec(module)]
    assert {"Numpy", "Pyarrow", "OnnxRuntime", "ScikitLearn"} <= set(libraries)
    statements = [create_values()]
    for library in libraries:
        option = {"properties.import-in": import_in}
        statements += [
            create_model(library, "x DOUBLE", "y DOUBLE", f"libraries.{library}", option),
            f"SELECT ROUND(y, 6) FROM ML_PREDICT(TABLE numbers, MODEL {library}, DESCRIPTOR(x))",
        ]

    queries = run_sql(*statements)[2::2]

    # If a library hangs, its outcome and all later ones are missing.
    outcomes = [query.rows or query.failure for query in queries]
    assert outcomes == [["+I[2.0]", "+I[4.0]", "+I[6.0]"]] * len(libraries)
