# SPDX-License-Identifier: Apache-2.0
"""How long a predict function of these tests takes for a row."""

import os

_ROWS_AT_ONCE = 3000


class Pace:
    """A small model's time, and 40 times as much after 3000 rows until a file exists.

    So a job of more rows still runs when the test acts, on a slow machine too.
    """

    def __init__(self, go_on: str) -> None:
        self._go_on = go_on
        self._rows = 0

    def seconds(self, rows: int) -> float:
        """Returns the time for the next rows."""
        self._rows += rows
        is_slow = self._rows > _ROWS_AT_ONCE and not os.path.exists(self._go_on)
        return rows * (0.02 if is_slow else 0.0005)
