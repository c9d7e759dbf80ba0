# SPDX-License-Identifier: Apache-2.0
"""What happened in a run, as JSON lines."""

import json
import threading
import time
from pathlib import Path
from typing import Any


class Log:
    """Keeps records of a run, and writes each of them to ``log.jsonl`` at once."""

    def __init__(self, directory: Path) -> None:
        self.records: list[dict[str, Any]] = []
        self.directory = directory
        self._file = directory / "log.jsonl"
        self._begin = time.monotonic()
        self._lock = threading.Lock()

    def seconds(self) -> float:
        """Returns the time since the run began."""
        return round(time.monotonic() - self._begin, 1)

    def add(self, event: str, **values: Any) -> None:
        """Adds a record with the time of now."""
        record = {"seconds": self.seconds(), "event": event, **values}
        with self._lock, self._file.open("a") as file:
            self.records.append(record)
            file.write(json.dumps(record) + "\n")
        if event != "sample":
            print(*(f"{key}={value}" for key, value in record.items()), flush=True)

    def of(self, event: str) -> list[dict[str, Any]]:
        """Returns the records of an event."""
        return [record for record in self.records if record["event"] == event]
