# SPDX-License-Identifier: Apache-2.0
"""A job of a session cluster, as the REST API shows it."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.error import HTTPError

from e2e.processes import wait_until

from .session_cluster import SessionCluster


@dataclass(frozen=True)
class Job:
    """A submitted job."""

    cluster: SessionCluster
    job_id: str

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Returns when the condition holds, and fails if the job has ended."""
        wait_until(lambda: condition() or self._has_ended())
        assert self._state() == "RUNNING", self._exceptions()

    def wait_for_end(self) -> None:
        """Returns when the job has finished, and fails if the job did not succeed."""
        wait_until(self._has_ended)
        assert self._state() == "FINISHED", self._exceptions()

    def stop_with_savepoint(self, directory: str) -> str:
        """Stops the job with a savepoint, and returns the path of the savepoint."""
        body = {"targetDirectory": directory, "drain": False}
        request = self.cluster.rest(f"jobs/{self.job_id}/stop", body)["request-id"]
        savepoint = f"jobs/{self.job_id}/savepoints/{request}"
        wait_until(lambda: self.cluster.rest(savepoint)["status"]["id"] == "COMPLETED")
        operation = self.cluster.rest(savepoint)["operation"]
        assert "location" in operation, operation
        self.wait_for_end()
        return str(operation["location"])

    def is_running(self) -> bool:
        """Returns whether all of its tasks are open."""
        return all(state == "RUNNING" for state in self.tasks())

    def tasks(self) -> list[str]:
        """Returns the states of its vertices."""
        vertices = self.cluster.rest(f"jobs/{self.job_id}")["vertices"]
        return [vertex["status"] for vertex in vertices]

    def failures(self) -> list[Any]:
        """Returns the failures that have restarted or ended it, the latest first."""
        return list(self._exceptions()["exceptionHistory"]["entries"])

    def begin_cancel(self) -> None:
        """Cancels the job, and does not wait for its end."""
        self.cluster.rest(f"jobs/{self.job_id}", method="PATCH")

    def cancel(self) -> None:
        """Cancels the job, and returns when it has ended."""
        self.begin_cancel()
        wait_until(self._has_ended)
        assert self._state() == "CANCELED", self._exceptions()

    def cancel_if_running(self) -> None:
        """Cancels the job unless it ends first, and returns when it has ended."""
        try:
            self.begin_cancel()
        except HTTPError as error:
            if error.code != HTTPStatus.CONFLICT:  # it has ended
                raise
        wait_until(self._has_ended)

    def checkpoints(self) -> Any:
        """Returns the job's checkpoint statistics."""
        return self.cluster.rest(f"jobs/{self.job_id}/checkpoints")

    def _has_ended(self) -> bool:
        return self._state() in ("FINISHED", "FAILED", "CANCELED")

    def _state(self) -> str:
        return str(self.cluster.rest(f"jobs/{self.job_id}/status")["status"])

    def _exceptions(self) -> Any:
        return self.cluster.rest(f"jobs/{self.job_id}/exceptions")
