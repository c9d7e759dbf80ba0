# SPDX-License-Identifier: Apache-2.0
"""The warning for a predict that has only returned None, as it does without ``return``."""

import logging

import pytest

from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import make_request

MODEL = """
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    def predict(self, data):
        {statement}
"""
FORGOTTEN = "data[0] * 2"
ROW_LIMIT = 100


@pytest.fixture(params=[None, 8], ids=["rows", "batches"])
def warnings_of(request, tmp_path, caplog):
    """Returns a function that predicts rows: the warnings after them, and those after close."""

    def warnings_of(statement, rows, **changes):
        (tmp_path / "model.py").write_text(MODEL.format(statement=statement))
        changes = {"model": "fraud", "python_class": "model.Model", **changes}
        size = request.param
        opened = open_function(
            make_request(tmp_path, "x DOUBLE", "y DOUBLE", batch_size=size, **changes)
        )
        for x in range(rows):
            if size is None:
                opened((x,))
            else:
                opened.predict_batch([(x,)])
        before = messages(caplog)
        close_function(opened)
        return before, messages(caplog)

    return warnings_of


def messages(caplog):
    """Returns the messages of all warnings until now."""
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_function_without_return_is_named_once(warnings_of):
    """Without the warning, its query has no results and nothing says why."""
    before, after = warnings_of(FORGOTTEN, 3 * ROW_LIMIT)
    assert before == after
    (message,) = before
    assert message.startswith(
        "Model 'fraud': model.Model.predict returned None for all of the first 100 rows"
    )
    assert message.endswith("otherwise end it with return and a list of rows")


def test_function_of_few_rows_is_named_when_it_closes(warnings_of):
    """Bounded queries often have less than a hundred rows."""
    before, after = warnings_of(FORGOTTEN, 2)
    assert before == []
    (message,) = after
    assert "returned None for all of the first 2 rows" in message


@pytest.mark.parametrize(
    ("statement", "rows"),
    [
        ("return [(1.0,)] if data[0] > 50 else None", 2 * ROW_LIMIT),
        ("return []", 2 * ROW_LIMIT),
        ("yield from ()", 2 * ROW_LIMIT),
        (FORGOTTEN, 0),
    ],
)
def test_rows_that_are_dropped_on_purpose_are_not_reported(warnings_of, statement, rows):
    """A function may have results for some rows only."""
    assert warnings_of(statement, rows) == ([], [])


def test_sample_row_of_the_warm_up_does_not_count(warnings_of):
    """A function may drop it."""
    assert warnings_of(FORGOTTEN, 0, warm_up="require") == ([], [])
