# SPDX-License-Identifier: Apache-2.0
"""Values of all types return from Python unchanged.

The same random rows go through an identity function in PyFlink's process mode and in ML_PREDICT,
and through Flink alone, which shows that the test's file format preserves every value.

Environment variables: ``DIFFERENTIAL_ROWS`` is the number of rows of each type, and
``DIFFERENTIAL_SEED`` the seed of their values. All boundary values are among the first 300 rows,
so the default is small; ``make fuzz`` sends 10,000 random rows for each of many seeds.
"""

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from .compare import differences, read_results
from .flink import Flink, Lane, running_flink
from .known import KNOWN_PYFLINK_DIFFERENCES, KnownDifference, process_mode_is_right
from .schemas import NESTED, SCALARS, columns_of, drawn_types
from .sql_types import Column, parse
from .values import Value, Values

_ROWS = int(os.environ.get("DIFFERENTIAL_ROWS", "2500"))
_SEED = int(os.environ.get("DIFFERENTIAL_SEED", "1"))
_DRAWN_ROWS = _ROWS // 10  # in each of several tables

_DOCUMENT = Path(__file__).parents[2] / "docs/types.md"

_PROCESS_MODE = Lane("PyFlink's process mode", "udtf")
_MODEL = Lane("ML_PREDICT", "model")
_LANES = [
    Lane("Flink alone", "none"),
    _PROCESS_MODE,
    _MODEL,
    # Rows from the network are in binary form, not objects.
    Lane("ML_PREDICT, binary rows", "model", {"pipeline.operator-chaining.enabled": "false"}),
]


@pytest.fixture(scope="module")
def flink() -> Iterator[Flink]:
    """One JVM for all jobs, because starting one is slow."""
    with running_flink() as flink:
        yield flink


@pytest.mark.parametrize(
    "types",
    [SCALARS + [f"{name} NOT NULL" for name in SCALARS], NESTED],
    ids=["scalar types", "nested types"],
)
def test_every_value_returns_unchanged(flink: Flink, types: list[str], tmp_path: Path) -> None:
    """A changed value leads to a wrong prediction without an error."""
    _check(flink, types, _ROWS, Random(_SEED), tmp_path)


@seed(_SEED)
@settings(
    max_examples=3,
    phases=[Phase.generate],  # an example takes many seconds, too long for shrinking
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    types=st.lists(drawn_types(), min_size=15, max_size=15, unique=True), random_seed=st.integers(0)
)
def test_every_value_of_drawn_types_returns_unchanged(
    flink: Flink, types: list[str], random_seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Types combine in more ways than a fixed list covers."""
    directory = tmp_path_factory.mktemp("drawn")
    _check(flink, types, _DRAWN_ROWS, Random(random_seed), directory)


@pytest.mark.parametrize("known", KNOWN_PYFLINK_DIFFERENCES, ids=lambda known: known.what)
def test_pyflink_still_differs(flink: Flink, known: KnownDifference, tmp_path: Path) -> None:
    """When PyFlink fixes a difference, the value moves from the list to the comparison."""
    lane = Lane("PyFlink", "udtf", known.options)
    columns = [Column("known", known.text, parse(known.text))]
    file = _write(tmp_path / "rows", [[known.value]])

    assert _problems(flink, lane, columns, columns, [[known.value]], file)


def test_differences_are_documented() -> None:
    """Users who migrate a function from PyFlink need to know them."""
    document = _DOCUMENT.read_text()
    assert [known.what for known in KNOWN_PYFLINK_DIFFERENCES if known.what not in document] == []


def test_model_returns_values_unchanged_that_pyflink_changes(flink: Flink, tmp_path: Path) -> None:
    """ML_PREDICT must not share the differences of PyFlink."""
    columns = [
        Column(f"known{number}", known.text, parse(known.text))
        for number, known in enumerate(KNOWN_PYFLINK_DIFFERENCES)
    ]
    values = [[known.value] for known in KNOWN_PYFLINK_DIFFERENCES]
    file = _write(tmp_path / "rows", values)

    _fail_if(_problems(flink, _MODEL, columns, columns, values, file))


def _check(flink: Flink, types: Sequence[str], rows: int, random: Random, directory: Path) -> None:
    """Sends a table through all lanes, and fails with the differences of each lane."""
    columns = columns_of(types)
    values = [
        Values(column.sql_type, random).column(rows, 3 * number)
        for number, column in enumerate(columns)
    ]
    file = _write(directory / "rows", values)
    problems = []
    for lane in _LANES:
        chosen = [
            number
            for number, column in enumerate(columns)
            if lane != _PROCESS_MODE or process_mode_is_right(column.sql_type)
        ]
        found = _problems(
            flink, lane, columns, [columns[n] for n in chosen], [values[n] for n in chosen], file
        )
        problems += [f"{lane.name}: {problem}" for problem in found]
    _fail_if(problems)


def _problems(
    flink: Flink,
    lane: Lane,
    columns: Sequence[Column],
    chosen: Sequence[Column],
    values: Sequence[list[Value]],
    file: Path,
) -> list[object]:
    """Sends the chosen columns through a lane; returns differences, or why the job failed."""
    results = file.with_name("results")
    failure = flink.run(lane, columns, chosen, file, results)
    found: list[object] = []
    if not failure:
        found += differences(chosen, values, read_results(results))
    shutil.rmtree(results, ignore_errors=True)
    results.with_name("results.outcome").unlink()
    if failure and len(chosen) > 1:
        # Halves are tried separately to name the columns that cause the failure.
        middle = len(chosen) // 2
        for half in (slice(middle), slice(middle, None)):
            found += _problems(flink, lane, columns, chosen[half], values[half], file)
    if failure and not found:
        found = [f"{', '.join(map(str, chosen))}: {failure}"]
    return found


def _fail_if(problems: Sequence[object]) -> None:
    if problems:
        pytest.fail("\n".join(map(str, problems)), pytrace=False)


def _write(file: Path, values: Sequence[Sequence[Value]]) -> Path:
    with file.open("w") as lines:
        for number, row in enumerate(zip(*values, strict=True)):
            lines.write(json.dumps([str(number), *row], ensure_ascii=False) + "\n")
    return file
