# SPDX-License-Identifier: Apache-2.0
"""A job that counts the results of a model, with all counts in its state until it ends."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from e2e.sql import Result, create_model

from .job import Job
from .session_cluster import SessionCluster

SECRET = "mellon"
INSERT = """INSERT INTO totals
    SELECT MOD(y, 100), COUNT(*), SUM(x)
    FROM TABLE(TUMBLE(TABLE predicted, DESCRIPTOR(ts), INTERVAL '1' DAY))
    GROUP BY window_start, window_end, MOD(y, 100)"""

_MODELS = Path(__file__).with_name("models")
_FILES = 8
_ROWS_IN_A_FILE = 800  # together more than 3000, from which on the model is slow


@dataclass(frozen=True)
class Totals:
    """The files of the job, below a directory."""

    cluster: SessionCluster
    directory: Path
    python: str

    def write_input(self) -> None:
        """Writes the rows that the job reads."""
        (self.directory / "input").mkdir()
        for file in range(_FILES):
            rows = range(file * _ROWS_IN_A_FILE, (file + 1) * _ROWS_IN_A_FILE)
            path = self.directory / "input" / f"{file}.csv"
            path.write_text("".join(f"{x}\n" for x in rows))

    def run(self, *statements: str, options: Mapping[str, str]) -> list[Result]:
        """Runs statements behind those that create the tables and the model."""
        model = {
            "model-directory-path": str(_MODELS),
            "properties.go-on": str(self.directory / "go-on"),
            "properties.secret": SECRET,
        }
        # All windows end with the input.
        time = "ts AS TO_TIMESTAMP_LTZ(x, 3), WATERMARK FOR ts AS ts - INTERVAL '1' HOUR"
        created = [
            self._table(f"numbers (x BIGINT, {time})", "input"),
            self._table("totals (remainder BIGINT, number BIGINT, total BIGINT)", "output"),
            create_model("squares", "x BIGINT", "y BIGINT", "paced.Squares", model),
            "CREATE VIEW predicted AS"
            " SELECT * FROM ML_PREDICT(TABLE numbers, MODEL squares, DESCRIPTOR(x))",
        ]
        all_options = {"python.executable": self.python, **options}
        results = self.cluster.run_sql(*created, *statements, options=all_options)
        return results[len(created) :]

    def job_of(self, result: Result) -> Job:
        """Returns the job that a statement has submitted."""
        assert result.rows is not None, result.failure
        return Job(self.cluster, *result.rows)

    def is_midway(self) -> bool:
        """Returns whether the model has predicted rows."""
        return any(self.directory.glob("go-on-*"))

    def let_model_go_on(self) -> None:
        """Lets the model predict all rows fast."""
        (self.directory / "go-on").touch()

    def written(self) -> list[tuple[int, ...]]:
        """Returns the rows that the job has written."""
        files = (self.directory / "output").glob("[!.]*")
        rows = [row for file in files for row in file.read_text().splitlines()]
        return sorted(tuple(map(int, row.split(","))) for row in rows)

    def expected(self) -> list[tuple[int, ...]]:
        """Returns the rows of a job that nothing interrupts."""
        counts, totals = Counter[int](), Counter[int]()
        for x in range(_FILES * _ROWS_IN_A_FILE):
            counts[x * x % 100] += 1
            totals[x * x % 100] += x
        return sorted((key, counts[key], totals[key]) for key in counts)

    def _table(self, columns: str, name: str) -> str:
        path = (self.directory / name).as_uri()
        options = f"'connector' = 'filesystem', 'format' = 'csv', 'path' = '{path}'"
        return f"CREATE TABLE {columns} WITH ({options})"
