# SPDX-License-Identifier: Apache-2.0
"""The option warm-up: a sample row is predicted before the first real one."""

import datetime
from decimal import Decimal

import pytest

from pyflink_ml_embedded import Schema
from pyflink_ml_embedded._exceptions import DescribedError
from pyflink_ml_embedded._runtime.open import close_function, open_function

from .requests import local_files, make_request

COLUMNS = "x DOUBLE, label STRING"
ROWS = """
from pyflink_ml_embedded import PredictFunction

class Model(PredictFunction):
    seen = []

    def predict(self, data):
        self.seen.append(data.as_dict())
        return [1]
"""
BATCHES = """
from pyflink_ml_embedded import BatchPredictFunction

class Model(BatchPredictFunction):
    seen = []

    def predict_batch(self, batch):
        self.seen += batch.to_pylist()
        return [1] * batch.num_rows
"""


@pytest.fixture
def opened(tmp_path):
    """Returns a function that opens a model with the option, and closes it after the test."""
    paths = []

    def opened(
        source, columns="x DOUBLE, label STRING", warm_up="require", batch_size=None, **changes
    ):
        (tmp_path / "model.py").write_text(source)
        changes = {"python_class": "model.Model", "warm_up": warm_up, **changes}
        request = make_request(tmp_path, columns, "y BIGINT", batch_size=batch_size, **changes)
        paths.append(open_function(request))
        return paths[-1]

    yield opened
    for path in paths:
        close_function(path)


@pytest.mark.parametrize("source", [ROWS, BATCHES])
@pytest.mark.parametrize("batch_size", [None, 4])
def test_one_row_is_predicted_by_the_path_that_rows_take(opened, source, batch_size):
    """What is slow the first time is also the batch's conversion."""
    path = opened(source, batch_size=batch_size)
    assert path.function.seen == [{"x": 0.0, "label": "a"}]


def test_no_row_is_predicted_without_the_option(opened):
    """Predicting a row may have side effects."""
    assert opened(ROWS, warm_up="off").function.seen == []


def test_row_numbers_do_not_count_the_sample_row(opened):
    """Users look the row up in their data."""
    path = opened(ROWS)
    path((1.0, "b"))
    assert path.rows == 1


def test_sample_row_has_a_value_for_each_type():
    """Models rarely get NULL."""
    columns = (
        "a BOOLEAN, b TINYINT, c BIGINT NOT NULL, d FLOAT, e DECIMAL(10, 2), f CHAR(3), "
        "g VARBINARY(8), h DATE, i TIME(3), j TIMESTAMP(6), k TIMESTAMP_LTZ(3), "
        "l ARRAY<INT>, m MAP<STRING, ARRAY<DOUBLE>>, n ROW<x INT, y ROW<z STRING>>, o MULTISET<INT>"
    )
    epoch = datetime.datetime(1970, 1, 1)
    assert Schema.parse(columns).sample_row == (
        *(False, 0, 0, 0.0, Decimal(0), "a", b"\0"),
        *(epoch.date(), epoch.time(), epoch, epoch.replace(tzinfo=datetime.timezone.utc)),
        *([0], {"a": [0.0]}, (0, ("a",)), {0: 0}),
    )


def test_sample_row_of_all_types_crosses(opened):
    """Values that the columns refuse would fail each job that asks for the option."""
    columns = (
        "a BOOLEAN, b TINYINT, c BIGINT NOT NULL, d FLOAT, e DECIMAL(10, 2), f CHAR(3), "
        "g BINARY(8), h DATE, i TIME(3), j TIMESTAMP(9), k TIMESTAMP_LTZ(3), "
        "l ARRAY<INT>, m MAP<STRING, ARRAY<DOUBLE>>, n ROW<x INT, y ROW<z STRING>>, o MULTISET<INT>"
    )
    (row,) = opened(ROWS, columns).function.seen
    assert None not in row.values()


def test_class_chooses_its_row(opened):
    """A text of the model's own language, an array of the right length."""
    source = ROWS + "\n    def warm_up_row(self):\n        return [2.5, None]\n"
    assert opened(source).function.seen == [{"x": 2.5, "label": None}]


def test_class_may_do_without(opened):
    """Its predict may have side effects."""
    assert opened(ROWS + "\n    def warm_up_row(self):\n        return None\n").function.seen == []


def test_failure_fails_open_and_says_how_to_do_without(opened, tmp_path):
    """The job was to be ready before its first row, and is not."""
    source = ROWS.replace("return [1]", "return [1 // len(self.none)]").replace(
        "seen = []", "seen = none = []"
    )
    source += f"\n    def close(self):\n        open(r'{tmp_path}/closed', 'w').close()\n"
    source = source.replace("self.seen.append(data.as_dict())", "pass")
    with pytest.raises(DescribedError, match="the sample row of the option 'warm-up'") as caught:
        opened(source)
    assert "ZeroDivisionError" in str(caught.value)
    assert "override warm_up_row" in str(caught.value)
    assert (tmp_path / "closed").exists()


def test_failure_is_only_logged_with_try(opened, caplog):
    """A new version that is loaded beside the old one may refuse the sample row."""
    caplog.set_level("INFO")
    path = opened(ROWS.replace("return [1]", "return [int(1 // data.x)]"), warm_up="try")
    assert "does not accept the sample row" in caplog.text
    assert path((0.5, "b"))[0].y == 2


def test_files_are_where_the_request_says(opened, tmp_path):
    """The option may be an address from which they were fetched."""
    source = ROWS.replace("return [1]", "return [int(self.model_directory == DIRECTORY)]")
    source += f"\nDIRECTORY = {str(tmp_path)!r}\n"
    path = opened(source, warm_up="off", files=local_files(tmp_path, "s3://models/m.zip"))
    assert path((0.0, ""))[0].y == 1
