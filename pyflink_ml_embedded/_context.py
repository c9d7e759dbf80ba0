"""What a predict function gets when it is configured and opened."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from ._schema import Schema
from ._sharing import SharedObjects

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class PredictContext:
    """What a predict function is told when it is opened.

    Attributes:
        model: the model's name, e.g. ``default_catalog.default_database.fraud``.
        model_directory: where the files of the option ``model-directory-path`` are on this host,
            or None where there is none.
        properties: the options ``properties.*``, without that prefix.
        input_schema: the model's INPUT.
        output_schema: the model's OUTPUT.
        subtask_index: which of the parallel subtasks this is, from 0.
        parallelism: how many subtasks there are.
    """

    model: str
    model_directory: str | None
    properties: Mapping[str, str]
    input_schema: Schema
    output_schema: Schema
    subtask_index: int
    parallelism: int
    _shared: SharedObjects = field(default_factory=SharedObjects, repr=False, compare=False)

    def shared(self, key: Hashable, load: Callable[[], _T]) -> _T:
        """Returns an object that all functions of the model in this TaskManager share.

        These are the functions of all subtasks and jobs whose model has the same directory with
        the same content, and the same properties. The property ``share-model`` with the value
        ``false`` gives each of them an object of its own. An object is dropped when the last of
        its functions has been closed. In PyFlink's worker nothing is shared.

        Args:
            key: what it is, e.g. ``"weights"``; other functions of the model find it by this.
            load: makes it, without arguments; called once, while others wait. The object will be
                used by several threads at once.

        Raises:
            RuntimeError: ``load`` asks for the same key.
        """
        return self._shared.get(key, load)

    def get_index_of_this_subtask(self) -> int:
        """Returns ``subtask_index``, as PyFlink's ``FunctionContext`` names it."""
        return self.subtask_index

    def get_number_of_parallel_subtasks(self) -> int:
        """Returns ``parallelism``, as PyFlink's ``FunctionContext`` names it."""
        return self.parallelism

    def get_job_parameter(self, key: str, default_value: str) -> str:
        """Returns a property, as PyFlink's ``FunctionContext`` names it.

        The parameters of a model are its ``properties.*``; the job's global parameters are not
        looked at.
        """
        return self.properties.get(key, default_value)


def make_model_config(
    python_class: str,
    inputs: Schema,
    outputs: Schema,
    model_directory: str | None,
    properties: Mapping[str, str],
) -> str:
    """Returns what ``set_model_config`` takes, in FLIP-552's form."""
    return json.dumps(
        {
            "model_directory_path": model_directory,
            "python_class_name": python_class,
            "properties": dict(properties),
            "input_schema": inputs.to_json(),
            "output_schema": outputs.to_json(),
        }
    )
