# SPDX-License-Identifier: Apache-2.0
"""How long a predict function of these tests takes for a row."""

import os

_ROWS_AT_ONCE = 3000
_CALLS_TO_WORK = 4


class Pace:
    """A small model's time, and 40 times as much after 3000 rows until a file exists.

    So a job of more rows still runs when the test acts, on a slow machine too.
    """

    def __init__(self, go_on: str) -> None:
        self._go_on = go_on
        self._rows = 0
        self._calls = 0

    def seconds(self, rows: int) -> float:
        """Returns the time for the next rows.

        When some have been predicted, a file beside the other one has the id of this process.
        """
        self._rows += rows
        self._calls += 1
        if self._calls == _CALLS_TO_WORK:
            open(f"{self._go_on}-{os.getpid()}", "w").close()
        is_slow = self._rows > _ROWS_AT_ONCE and not os.path.exists(self._go_on)
        return rows * (0.02 if is_slow else 0.0005)
