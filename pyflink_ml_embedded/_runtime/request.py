# SPDX-License-Identifier: Apache-2.0
"""The request to open a predict function, which the JVM writes as JSON (``OpenRequest.java``)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from .._context import make_model_config
from .._schema import Field, Schema
from .._secrets import read_secrets

WarmUp: TypeAlias = Literal["off", "try", "require"]

_NO_BATCH: Mapping[str, Any] = {"size": None, "length_column": None, "max_length": None}


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """The model's files.

    Attributes:
        origin: the value of the option ``model-directory-path``.
        fetcher: who puts the files on this host: the JVM, which has done so, or MLflow's client.
        directory: the files on this host, or the cache for those that MLflow's client fetches.
    """

    origin: str
    fetcher: Literal["jvm", "mlflow"]
    directory: str

    def fetch(self) -> str:
        """Returns the directory of the files on this host.

        Raises:
            ModelError: MLflow's client cannot fetch them.
        """
        if self.fetcher == "jvm":
            return self.directory
        from ..models.mlflow._registry import fetch_registered

        return fetch_registered(self.origin, self.directory)


@dataclass(frozen=True, slots=True)
class Dependencies:
    """What the job brings to the model.

    Attributes:
        import_paths: the directories in which modules are searched after the model's own.
        archives: a directory with one directory for each archive, or None.
    """

    import_paths: Sequence[str]
    archives: str | None


@dataclass(frozen=True, slots=True)
class Monitoring:
    """What watches a function while it is open.

    Attributes:
        slow_predict_ms: the milliseconds after which a call is logged, or None.
        profile_directory: the directory of its profile, or None.
        tap_directory: the directory of a sample of its rows, or None.
        tap_ratio: the part of the rows in the sample.
        version: the version of the model's files, or None.
        attempt: how often the task was started before.
    """

    slow_predict_ms: int | None
    profile_directory: str | None
    tap_directory: str | None
    tap_ratio: float
    version: str | None
    attempt: int


@dataclass(frozen=True, slots=True)
class OpenRequest:
    """One subtask's request to open one version of a model.

    Attributes:
        model: the model's name.
        python_class: the predict function, or None where the model's files determine it.
        files: the model's files, or None where it has none.
        dependencies: what the job brings to the model, or None.
        properties: the options ``properties.*``, without that prefix.
        sensitive_properties: the names among them whose values Flink masks.
        allow_pickle: whether the functions of this package may load pickles.
        model_config: the configuration of a provider with its own form: a JSON object, or any
            text. None for FLIP-552's form, which repeats the rest of the request.
        inputs: the columns of INPUT, as ``OpenFunction`` takes them.
        outputs: the columns of OUTPUT, as ``OpenFunction`` takes them.
        subtask_index: the index of the subtask, from 0.
        parallelism: the number of subtasks.
        batch_size: the most rows of one call, or None where each row is a call.
        length_column: the column of INPUT by whose lengths batches are sorted, or None.
        max_length: the most rows of one call of ``predict_batch`` times the length of the longest,
            or None for no limit.
        predict_timeout: how long a call may take, in seconds, or None.
        warm_up: whether a sample row must be predicted, is tried, or is not predicted.
        background: whether an older version of the model predicts meanwhile.
        monitoring: what watches the function, or None.
        version: the version of the model's files, or None.
        caller: describes the subtask to people.
    """

    model: str
    python_class: str | None
    files: ModelFiles | None
    dependencies: Dependencies | None
    properties: Mapping[str, str]
    sensitive_properties: Sequence[str]
    allow_pickle: bool
    model_config: Mapping[str, Any] | str | None
    inputs: Sequence[Mapping[str, Any]]
    outputs: Sequence[Mapping[str, Any]]
    subtask_index: int
    parallelism: int
    batch_size: int | None
    length_column: str | None
    max_length: int | None
    predict_timeout: float | None
    warm_up: WarmUp
    background: bool
    monitoring: Monitoring | None
    version: str | None
    caller: str

    @classmethod
    def parse(cls, text: str) -> OpenRequest:
        """Reads the JSON of a request.

        Raises:
            TypeError: a field is missing or unknown.
        """
        request = json.loads(text)
        files, batch = request.pop("files"), request.pop("batch") or _NO_BATCH
        monitoring = request.pop("monitoring")
        dependencies = request.pop("dependencies")
        return cls(
            files=None if files is None else ModelFiles(**files),
            dependencies=None if dependencies is None else Dependencies(**dependencies),
            batch_size=batch["size"],
            length_column=batch["length_column"],
            max_length=batch["max_length"],
            monitoring=None if monitoring is None else Monitoring(**monitoring),
            **request,
        )

    def with_secrets(self) -> OpenRequest:
        """Returns the request with the secrets that its properties refer to.

        Raises:
            ModelError: a secret cannot be read.
        """
        properties = read_secrets(self.properties, self.sensitive_properties)
        config = self.model_config
        if isinstance(config, Mapping) and isinstance(config.get("properties"), Mapping):
            config = {**config, "properties": properties}
        return replace(self, properties=properties, model_config=config)

    @property
    def input_schema(self) -> Schema:
        """The model's INPUT."""
        return _schema(self.inputs)

    @property
    def output_schema(self) -> Schema:
        """The model's OUTPUT."""
        return _schema(self.outputs)

    def config_in(self, directory: str | None) -> str:
        """Returns the argument of ``set_model_config``.

        Args:
            directory: the model's files on this host, or None where it has none.
        """
        if self.model_config is None:
            return make_model_config(
                self.python_class,
                self.input_schema,
                self.output_schema,
                directory,
                self.properties,
            )
        if isinstance(self.model_config, str):
            return self.model_config
        if directory is None:
            return json.dumps(self.model_config)
        return json.dumps({**self.model_config, "model_directory_path": directory})


def _schema(columns: Sequence[Mapping[str, Any]]) -> Schema:
    return Schema(Field(column["name"], column["type"]) for column in columns)
