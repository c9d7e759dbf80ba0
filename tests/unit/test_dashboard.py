# SPDX-License-Identifier: Apache-2.0
"""The Grafana dashboard shows the metrics that docs/metrics.md lists."""

import json
import re
from pathlib import Path
from typing import Any

from e2e.documented_metrics import documented_metrics

_PREFIX = "flink_taskmanager_job_task_operator_model_inference_"
_DASHBOARD = json.loads((Path(__file__).parents[2] / "docs" / "grafana-dashboard.json").read_text())
_PANELS = [panel for panel in _DASHBOARD["panels"] if panel["type"] != "row"]

# Of Grafana, for each unit of the documentation.
_UNITS = {
    "rows": {"rowsps", "percentunit", "short"},
    "calls": {"ops"},
    "ms": {"ms"},
    "bytes": {"bytes"},
    "versions": {"short"},
    "attempts": {"short"},
    "objects": {"short"},
    "processes": {"short"},
}


def _queries(panel: dict[str, Any]) -> list[str]:
    return [target["expr"] for target in panel["targets"]]


def _metrics(query: str) -> set[str]:
    return set(re.findall(rf"{_PREFIX}(\w+)", query))


def test_dashboard_shows_every_number_of_the_documentation() -> None:
    """A metric that no panel shows is not watched, and one that does not exist shows nothing."""
    shown = set().union(*(_metrics(query) for panel in _PANELS for query in _queries(panel)))
    hidden = {"model_version"}  # a text, which Prometheus does not have

    assert shown == set(documented_metrics()) - hidden


def test_queries_treat_metrics_as_what_they_are() -> None:
    """A rate of a gauge, or a histogram without a quantile, is a wrong curve."""
    documented = documented_metrics()
    for panel in _PANELS:
        for query in _queries(panel):
            for name in _metrics(query):
                has_quantile = bool(re.search(rf"{_PREFIX}{name}{{[^}}]*quantile=", query))
                has_rate = bool(re.search(rf"rate\({_PREFIX}{name}{{", query))
                assert has_quantile == (documented[name].type == "histogram"), query
                assert not has_rate or documented[name].type == "counter", query


def test_panels_have_the_units_of_their_metrics() -> None:
    """An axis in bytes for milliseconds misleads."""
    documented = documented_metrics()
    for panel in _PANELS:
        unit = panel["fieldConfig"]["defaults"]["unit"]
        for query in _queries(panel):
            for name in _metrics(query):
                allowed = _UNITS[documented[name].unit] | ({"ops"} if "retries" in name else set())
                assert unit in allowed, (panel["title"], name)


def test_panels_that_need_the_detailed_level_say_so() -> None:
    """They are empty by default."""
    documented = documented_metrics()
    for panel in _PANELS:
        names = set().union(*map(_metrics, _queries(panel)))
        is_detailed = any(documented[name].level == "detailed" for name in names)
        assert is_detailed == ("metrics-level = detailed" in panel["description"]), panel["title"]


def test_every_query_filters_by_the_variables() -> None:
    """Two jobs or models must not be mixed."""
    for panel in _PANELS:
        for query in _queries(panel):
            selectors = re.findall(rf"{_PREFIX}\w+{{([^}}]*)}}", query)
            assert len(selectors) == query.count(_PREFIX)
            for selector in selectors:
                assert 'job_name=~"$job"' in selector
                assert 'model_inference=~"$model"' in selector


def test_panels_do_not_overlap() -> None:
    """Grafana moves panels that do."""
    cells = [
        (x, y)
        for panel in _DASHBOARD["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]
    ids = [panel["id"] for panel in _DASHBOARD["panels"]]

    assert len(cells) == len(set(cells))
    assert len(ids) == len(set(ids))
    assert max(x for x, _ in cells) < 24
    assert _DASHBOARD["schemaVersion"] == 39
    assert "${datasource}" in {panel["datasource"]["uid"] for panel in _PANELS}
