# SPDX-License-Identifier: Apache-2.0
"""A job that squares numbers while a test does it harm, and the truth about its results."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cluster.job import Job
from cluster.session_cluster import SessionCluster
from e2e.processes import wait_until

from .feed import Feed
from .kinds import Kind

CLUSTER_OPTIONS = {
    "taskmanager.numberOfTaskSlots": "2",
    "heartbeat.interval": "500",  # how soon a lost TaskManager is detected
    "web.refresh-interval": "100",  # maximum age of a REST API response
    # A job without slots waits for the next TaskManager, where it would fail again and again.
    "resourcemanager.standalone.start-up-time": "3600000",
}
_JOB_OPTIONS = {
    "execution.checkpointing.interval": "300 ms",
    # See docs/upstream.md: a checkpoint after a TaskManager is lost may never end.
    "execution.checkpointing.timeout": "30 s",
    "restart-strategy.type": "fixed-delay",
    "restart-strategy.fixed-delay.attempts": "1000",
    "restart-strategy.fixed-delay.delay": "200 ms",
}
_ROWS_PER_SECOND = 500


class Trial:
    """A running job, and what it has committed."""

    def __init__(
        self, directory: Path, feed: Feed, submit: Callable[[Mapping[str, str]], Job]
    ) -> None:
        self.directory = directory
        self.feed = feed
        self.job = submit({})
        self._submit = submit
        self._files: set[Path] = set()
        self._committed: Counter[str] = Counter()

    def committed(self) -> Counter[str]:
        """Returns the rows that are committed, as the lines of the sink's files."""
        for file in self._committed_files() - self._files:
            self._committed.update(file.read_text().splitlines())
            self._files.add(file)
        return self._committed

    def commits(self) -> int:
        """Returns the number of committed files; for any thread."""
        return len(self._committed_files())

    def wait_for_more_rows(self, seconds: float = 300) -> None:
        """Returns when the job has committed a row that was fed after this call."""
        fed = self.feed.rows
        wait_until(lambda: self.committed().total() > fed, seconds=seconds)

    def processes(self) -> set[int]:
        """Returns the processes in which the model was opened and that run now."""
        files = self.directory.glob("fault-opened-*")
        pids = {int(file.name.rpartition("-")[2]) for file in files}
        return {pid for pid in pids if Path(f"/proc/{pid}").exists()}

    def order(self, act: str, process: int) -> Path:
        """Makes the model do something with its next call in a process.

        Returns:
            The file with the order, which the model removes before it obeys.
        """
        order = self.directory / f"fault-{process}"
        incomplete = self.directory / "order"
        incomplete.write_text(act)
        return incomplete.rename(order)

    def rescale(self, parallelism: int) -> None:
        """Stops the job with a savepoint, and resumes it with another parallelism."""
        savepoint = self.job.stop_with_savepoint((self.directory / "savepoints").as_uri())
        self.job = self._submit(
            {
                "execution.state-recovery.path": savepoint,
                "parallelism.default": str(parallelism),
            }
        )

    def end(
        self, seconds: float = 300, given_up: Callable[[], None] = lambda: None
    ) -> tuple[Counter[str], Counter[str]]:
        """Stops the feed, waits for the results of all rows, and cancels the job.

        Args:
            seconds: how long to wait.
            given_up: is called before the job is cancelled without all of its results.

        Returns:
            The results that were lost, and those that were doubled or wrong.
        """
        self.feed.stop()
        try:
            wait_until(lambda: self.committed().total() >= self.feed.rows, seconds=seconds)
            # What one checkpoint too many would commit comes with the next ones.
            done = self._checkpoints() + 2
            wait_until(lambda: self._checkpoints() >= done, seconds=seconds)
        except AssertionError:
            given_up()  # the counts say what is missing
        self.job.cancel_if_running()
        truth = Counter(f"{x},{x * x}" for x in range(self.feed.rows))
        return truth - self.committed(), self.committed() - truth

    def _committed_files(self) -> set[Path]:
        # The name of any other file begins with a dot. These do not change any more.
        return set((self.directory / "output").glob("[!.]*"))

    def _checkpoints(self) -> int:
        return int(self.job.checkpoints()["counts"]["completed"])


@contextmanager
def trial(
    cluster: SessionCluster,
    kind: Kind,
    directory: Path,
    model_options: Mapping[str, str] | None = None,
    options: Mapping[str, str] | None = None,
) -> Iterator[Trial]:
    """Runs a job during the block.

    Args:
        cluster: where it runs.
        kind: what it does.
        directory: a new one, for its input and output.
        model_options: further options of the model.
        options: further options of Flink.
    """
    checkpoints = {"execution.checkpointing.dir": (directory / "checkpoints").as_uri()}
    all_options = {**_JOB_OPTIONS, **checkpoints, **(options or {})}
    *before, query = kind.statements(directory, model_options or {})
    plan = f"'{directory / 'plan.json'}'"
    # With a plan, operators keep their ids when a job resumes with another parallelism.
    compile_plan = f"COMPILE PLAN {plan} IF NOT EXISTS FOR INSERT INTO results {query}"

    def submit(more_options: Mapping[str, str]) -> Job:
        statements = [*before, compile_plan, f"EXECUTE PLAN {plan}"]
        results = cluster.run_sql(*statements, options={**all_options, **more_options})
        job_id = results[-1].rows
        assert job_id is not None, [result.failure for result in results]
        return Job(cluster, *job_id)

    with Feed(directory / "input", _ROWS_PER_SECOND) as feed:
        running = Trial(directory, feed, submit)
        try:
            yield running
        finally:
            running.job.cancel_if_running()


def assert_exact(lost_and_doubled: tuple[Counter[str], Counter[str]]) -> None:
    """Fails if a result was lost, doubled or wrong."""
    lost, doubled = lost_and_doubled
    assert (lost.total(), doubled.total()) == (0, 0), (lost.most_common(3), doubled.most_common(3))
