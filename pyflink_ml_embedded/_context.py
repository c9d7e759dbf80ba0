# SPDX-License-Identifier: Apache-2.0
"""The configuration and the context that a predict function gets."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from ._metrics import MetricGroup, Metrics
from ._schema import Schema
from ._sharing import SharedObjects

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PredictContext:
    """Describes the model and the subtask to a predict function that is being opened.

    Attributes:
        model: the model's name, e.g. ``default_catalog.default_database.fraud``.
        model_directory: the directory on this host with the files of the option
            ``model-directory-path``, or None without that option.
        properties: the options ``properties.*``, without that prefix.
        input_schema: the model's INPUT.
        output_schema: the model's OUTPUT.
        subtask_index: the number of this subtask, from 0.
        parallelism: the number of parallel subtasks.
        archives: the directory on this host with one directory for each archive of the option
            ``python.archives``, under its target name; or None without that option.
        metrics: creates metrics of the function, with the methods of PyFlink's ``MetricGroup``.
        allow_pickle: whether pickles may be loaded, which the functions of this package obey.
    """

    model: str
    model_directory: str | None
    properties: Mapping[str, str]
    input_schema: Schema
    output_schema: Schema
    subtask_index: int
    parallelism: int
    archives: Path | None = None
    metrics: MetricGroup = field(default_factory=lambda: Metrics().group, repr=False, compare=False)
    allow_pickle: bool = True
    _shared: SharedObjects = field(default_factory=SharedObjects, repr=False, compare=False)

    def shared(self, key: Hashable, load: Callable[[], _T]) -> _T:
        """Returns an object that all functions of the model in this TaskManager share.

        Functions of different subtasks and jobs share an object if their models have the same
        properties and the same directory with unchanged files. With the property ``share-model``
        set to ``false``, each function loads its own object. An object is dropped when the last
        function that uses it is closed. Functions in PyFlink's worker share nothing.

        Args:
            key: the name of the object among those of the model, e.g. ``"weights"``.
            load: loads the object. It is called once, while other functions wait. Several threads
                use the object at the same time.

        Raises:
            RuntimeError: ``load`` requests the same key.
        """
        return self._shared.get(key, load)

    def get_index_of_this_subtask(self) -> int:
        """Returns ``subtask_index``, under the name that PyFlink's ``FunctionContext`` has."""
        return self.subtask_index

    def get_number_of_parallel_subtasks(self) -> int:
        """Returns ``parallelism``, under the name that PyFlink's ``FunctionContext`` has."""
        return self.parallelism

    def get_metric_group(self) -> MetricGroup:
        """Returns ``metrics``, under the name that PyFlink's ``FunctionContext`` has."""
        return self.metrics

    def get_job_parameter(self, key: str, default_value: str) -> str:
        """Returns a property, under the name that PyFlink's ``FunctionContext`` has.

        The job's global parameters are not searched.
        """
        return self.properties.get(key, default_value)


def make_model_config(
    python_class: str | None,
    inputs: Schema,
    outputs: Schema,
    model_directory: str | None,
    properties: Mapping[str, str],
) -> str:
    """Returns the argument of ``set_model_config`` as JSON in FLIP-552's form."""
    return json.dumps(
        {
            "model_directory_path": model_directory,
            "python_class_name": python_class,
            "properties": dict(properties),
            "input_schema": inputs.to_json(),
            "output_schema": outputs.to_json(),
        }
    )
