# SPDX-License-Identifier: Apache-2.0
"""Numbered rows for a job whose source watches a directory."""

import threading
from pathlib import Path
from types import TracebackType

_SECONDS_BETWEEN_FILES = 0.2


class Feed:
    """Writes 0, 1, 2, ... into new files of a directory, at a fixed rate, until it is stopped.

    Flink's file source remembers in its checkpoints which files it has read, and how far. The job
    never reaches the end of its input, where Flink's file sink commits rows without a checkpoint.
    """

    def __init__(self, directory: Path, rows_per_second: int) -> None:
        self.rows = 0
        self._directory = directory
        self._rows_in_file = int(rows_per_second * _SECONDS_BETWEEN_FILES)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> "Feed":
        self._directory.mkdir(parents=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Writes no more rows; ``rows`` is then final."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(_SECONDS_BETWEEN_FILES):
            end = self.rows + self._rows_in_file
            # The source sees complete files only, and none that goes while it lists them.
            incomplete = self._directory.with_name("incomplete")
            incomplete.write_text("".join(f"{x}\n" for x in range(self.rows, end)))
            incomplete.rename(self._directory / f"{self.rows}.csv")
            self.rows = end
