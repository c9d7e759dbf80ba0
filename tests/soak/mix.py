# SPDX-License-Identifier: Apache-2.0
"""The jobs of a run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from faults.kinds import (
    BATCH,
    ONNX,
    PROCESS_BATCH,
    PROCESS_ROW,
    RETRY,
    ROW,
    SQL,
    UNORDERED,
    Kind,
    publish,
    write_onnx,
)


@dataclass(frozen=True)
class Entry:
    """A kind of job, and how its model is made in the job's directory."""

    kind: Kind
    name: str
    prepare: Callable[[Path], Mapping[str, str]] = lambda directory: {}


def _watched(directory: Path) -> Mapping[str, str]:
    publish(directory / "model", 1)
    return {
        "model-directory-path": str(directory / "model"),
        "model-reload-interval": "1 s",
        "model-cache-directory": str(directory / "cache"),
    }


def _onnx(directory: Path) -> Mapping[str, str]:
    write_onnx(directory / "model")
    return {"model-directory-path": str(directory / "model")}


MIX = [
    *(
        Entry(kind, kind.name)
        for kind in (SQL, ROW, BATCH, UNORDERED, RETRY, PROCESS_ROW, PROCESS_BATCH)
    ),
    Entry(ONNX, ONNX.name, _onnx),
    Entry(ROW, "row path, watched for new versions", _watched),
    Entry(PROCESS_BATCH, "batch path in a process, watched for new versions", _watched),
]
"""SQL without a model shows that what measures is exact."""
