"""What native code passes to ``open_function``."""

import json
from typing import Any

from pyflink_ml_embedded import Schema
from pyflink_ml_embedded._schema import describe_column


def described(columns: str) -> list[dict[str, Any]]:
    """Returns the columns as native code describes them."""
    return [describe_column(field.name, field.type) for field in Schema.parse(columns)]


def make_request(
    directory: object, inputs: str, outputs: str, properties: Any = None, **changes: Any
) -> str:
    """Returns the request to open the model of a directory, row by row.

    Args:
        directory: of the model.
        inputs: the columns of INPUT.
        outputs: the columns of OUTPUT.
        properties: the options ``properties.*``, without that prefix.
        changes: of the parts of the request.
    """
    config = {
        "model_directory_path": str(directory),
        "properties": dict(properties or {}),
        "input_schema": Schema.parse(inputs).to_json(),
        "output_schema": Schema.parse(outputs).to_json(),
    }
    request = {
        "model": "m",
        "python_class": None,
        "model_config": json.dumps(config),
        "input": described(inputs),
        "output": described(outputs),
        "subtask_index": 0,
        "parallelism": 1,
        "batch_size": 0,
    }
    return json.dumps({**request, **changes})
