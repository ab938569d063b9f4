"""The metrics of AWS's services that alarms, dashboards and commands on pages query, against AWS's tables."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bounded_context_cli.programs.recording import Graph
from bounded_context_local.observation.metric_checks import METRIC_NAME, OF_AWS, Search, read_search
from tests.account.cli import options
from tests.infra.alarms import Watched, metric_alarms, watched
from tests.infra.dashboards import Shown, bodies, metrics, searches


class Table(BaseModel):
    """One of AWS's tables: the metrics of a namespace that have the same sets of dimensions and the same statistics."""

    model_config = ConfigDict(extra="forbid")
    namespace: str
    source: str = Field(min_length=20)
    metrics: list[str] = Field(min_length=1)
    dimensions: list[list[str]] = Field(min_length=1)
    statistics: list[str] = Field(min_length=1)


@dataclass(frozen=True, order=True)
class Query:
    """A queried metric: its namespace, its name and the names of its dimensions."""

    namespace: str
    name: str
    dimensions: tuple[str, ...]


@cache
def documented() -> Mapping[Query, frozenset[str]]:
    """Return the statistics of each combination of a name and a set of dimensions in AWS's tables."""
    text = Path(__file__).with_name("metrics.toml").read_text("utf-8")
    return {
        Query(table.namespace, name, tuple(sorted(dimensions))): frozenset(table.statistics)
        for table in map(Table.model_validate, tomllib.loads(text)["table"])
        for name in table.metrics
        for dimensions in table.dimensions
    }


def is_documented(query: Query, statistic: str) -> bool:
    """Return whether AWS has a metric with these dimensions, and the statistic is meaningful."""
    return statistic in documented().get(query, ())


def of_graph(graph: Graph) -> frozenset[tuple[Query, str]]:
    """Return AWS's metrics in the alarms and on the dashboards of a graph, with their statistics.

    Raises Unreadable for searches with other than exact terms.
    """
    alarms = (_pair(metric, metric.statistic) for node in metric_alarms(graph) for metric in watched(node))
    boards = (pair for body in bodies(graph).values() for pair in dashboard(body))
    return frozenset(pair for pair in (*alarms, *boards) if pair[0].namespace.startswith(OF_AWS))


def dashboard(body: Mapping[str, Any]) -> Iterator[tuple[Query, str]]:
    """Yield the metrics and searches of a dashboard's body, with their statistics."""
    yield from (_pair(metric, metric.stat) for metric in metrics(body))
    yield from (pair for expression in searches(body) for pair in _searches(expression))


def undocumented(page: str) -> Iterator[str]:
    """Yield the `aws cloudwatch` commands of a page that name no documented metric or dimension."""
    commands = re.findall(r"aws cloudwatch (?:get-metric-statistics|list-metrics) (?:\\\n|[^`\n])+", page)
    yield from (command for command in commands if not any(_selects(command, query) for query in documented()))


def _selects(command: str, query: Query) -> bool:
    """Return whether a command selects a metric. Only `list-metrics` may omit the name and dimensions."""
    _, _, _, *words = command.replace("\\\n", " ").split()
    parameters = options(words)
    dimensions = {*re.findall(r"Name=([\w.]+)", " ".join(parameters.get("dimensions", [])))}
    exact = "list-metrics" not in command
    named = parameters.get("metric-name", [] if exact else [query.name]) == [query.name]
    fits = dimensions == {*query.dimensions} if exact else dimensions <= {*query.dimensions}
    return parameters["namespace"] == [query.namespace] and named and fits


def _pair(metric: Shown | Watched, statistic: str) -> tuple[Query, str]:
    return Query(metric.namespace, metric.name, tuple(sorted(metric.dimensions))), statistic


def _searches(expression: str) -> Iterator[tuple[Query, str]]:
    for text, statistic in re.findall(r"SEARCH\('([^']*)', *'(\w+)'", expression):
        search: Search = read_search(text)
        for name in search.terms.get(METRIC_NAME, frozenset()):
            yield Query(search.namespace, name, tuple(sorted(search.dimensions))), statistic
