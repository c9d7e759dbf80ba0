# SPDX-License-Identifier: Apache-2.0
"""Requests to open a function, in the format that the JVM writes."""

import json
from typing import Any

from pyflink_ml_embedded import Schema
from pyflink_ml_embedded._schema import describe_column


def described(columns: str) -> list[dict[str, Any]]:
    """Returns the columns as the JVM describes them."""
    return [describe_column(field.name, field.type) for field in Schema.parse(columns)]


def make_request(
    directory: object,
    inputs: str,
    outputs: str,
    properties: Any = None,
    batch_size: int | None = None,
    **changes: Any,
) -> str:
    """Returns the request to open the model of a directory.

    Args:
        directory: the directory of the model.
        inputs: the columns of INPUT.
        outputs: the columns of OUTPUT.
        properties: the options ``properties.*``, without that prefix.
        batch_size: the maximum number of rows in a call, or None to predict row by row.
        changes: fields of the request to override.
    """
    request = {
        "model": "m",
        "python_class": None,
        "files": local_files(directory),
        "dependencies": None,
        "properties": dict(properties or {}),
        "sensitive_properties": [],
        "allow_pickle": True,
        "model_config": None,
        "inputs": described(inputs),
        "outputs": described(outputs),
        "subtask_index": 0,
        "parallelism": 1,
        "batch": None
        if batch_size is None
        else {"size": batch_size, "length_column": None, "max_length": None},
        "predict_timeout": None,
        "warm_up": "off",
        "background": False,
        "monitoring": None,
        "version": None,
        "caller": "subtask 1 of 1",
    }
    return json.dumps({**request, **changes})


def local_files(directory: object, origin: object = None) -> dict[str, str]:
    """Describes files that the JVM has fetched, or uses in place if there is no origin."""
    return {"origin": str(origin or directory), "fetcher": "jvm", "directory": str(directory)}
