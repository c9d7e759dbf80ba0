# SPDX-License-Identifier: Apache-2.0
"""Runs jobs in one JVM: each line of stdin is the file name of a request.

A request is ``{"function", "options", "columns", "chosen", "rows", "results"}``: the function that
the rows pass through, Flink options, names and types of the columns in the file ``rows``, the
names of the columns to write, and the directory for the results. The file ``<results>.outcome`` is
written at the end, with the text of the failure, or empty.
"""

import json
import sys
import traceback
from pathlib import Path
from typing import Any

from identity import Identity
from pyflink.common import Configuration
from pyflink.table import EnvironmentSettings, TableEnvironment

from pyflink_ml_embedded.table import use_provider

_MODELS = Path(__file__).with_name("models")

# The options that a request may change.
_OPTIONS = {"pipeline.operator-chaining.enabled": "true", "python.execution-mode": "process"}


def main() -> None:
    """Runs jobs until stdin ends."""
    # All jobs share one environment, because each keeps a planner class loader until the JVM exits.
    tables = _environment(Path(sys.argv[1]))
    for line in sys.stdin:
        request = json.loads(Path(line.rstrip("\n")).read_text())
        try:
            _run(tables, request)
            failure = ""
        except Exception:
            failure = _without_java_frames(traceback.format_exc())
        unfinished = Path(request["results"] + ".unfinished")
        unfinished.write_text(failure)
        unfinished.rename(request["results"] + ".outcome")


def _without_java_frames(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("\t"))


def _environment(format_jar: Path) -> TableEnvironment:
    configuration = Configuration()
    configuration.set_string("parallelism.default", "1")
    configuration.set_string("table.local-time-zone", "UTC")
    configuration.set_string("pipeline.jars", format_jar.as_uri())
    configuration.set_string("python.client.executable", sys.executable)
    settings = EnvironmentSettings.new_instance().in_streaming_mode()
    tables = TableEnvironment.create(settings.with_configuration(configuration).build())
    use_provider(tables)
    return tables


def _run(tables: TableEnvironment, request: dict[str, Any]) -> None:
    for key, value in (_OPTIONS | request["options"]).items():
        tables.get_config().set(key, value)
    types = dict(request["columns"])
    chosen = {name: types[name] for name in request["chosen"]}
    try:
        _create_table(tables, "given", types, Path(request["rows"]))
        _create_table(tables, "results", chosen, Path(request["results"]))
        query = _QUERIES[request["function"]](tables, chosen)
        tables.execute_sql(f"INSERT INTO results {query}").wait()
    finally:
        tables.drop_temporary_function("same")
        for made in ("MODEL IF EXISTS same", "TABLE IF EXISTS results", "TABLE IF EXISTS given"):
            tables.execute_sql(f"DROP {made}")


def _create_table(tables: TableEnvironment, name: str, types: dict[str, str], path: Path) -> None:
    tables.execute_sql(
        f"CREATE TABLE {name} (id BIGINT, {_listed(types)}) WITH ('connector' = 'filesystem',"
        f" 'path' = '{path.as_uri()}', 'format' = 'exact',"
        " 'sink.rolling-policy.file-size' = '1 TB')"
    )


def _flink_query(tables: TableEnvironment, types: dict[str, str]) -> str:
    return f"SELECT id, {', '.join(types)} FROM given"


def _pyflink_query(tables: TableEnvironment, types: dict[str, str]) -> str:
    tables.create_temporary_function("same", Identity.as_udtf(_listed(types), _listed(types)))
    outputs = ", ".join(_outputs(types))
    return (
        f"SELECT id, {outputs} FROM given"
        f" CROSS JOIN LATERAL TABLE(same({', '.join(types)})) AS t({outputs})"
    )


def _model_query(tables: TableEnvironment, types: dict[str, str]) -> str:
    outputs = _outputs(types)
    tables.execute_sql(
        f"CREATE MODEL same INPUT ({_listed(types)}) OUTPUT ({_listed(outputs)}) WITH"
        f" ('provider' = 'generic-python', 'model-directory-path' = '{_MODELS}',"
        " 'python-predict-class' = 'identity.Identity')"
    )
    return (
        f"SELECT id, {', '.join(outputs)}"
        f" FROM ML_PREDICT(TABLE given, MODEL same, DESCRIPTOR({', '.join(types)}))"
    )


_QUERIES = {"none": _flink_query, "udtf": _pyflink_query, "model": _model_query}


def _outputs(types: dict[str, str]) -> dict[str, str]:
    return {f"{name}_out": sql_type for name, sql_type in types.items()}


def _listed(types: dict[str, str]) -> str:
    return ", ".join(f"{name} {sql_type}" for name, sql_type in types.items())


if __name__ == "__main__":
    main()
