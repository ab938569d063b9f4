"""Checks of alarms and dashboards."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context_cli.programs.recording import Graph, Node

from .register import check

_FUNCTION: Final = re.compile(r'(?:ALARM|OK|INSUFFICIENT_DATA)\("?([^")]+)"?\)')
_NAME: Final = re.compile(r"\b[a-z]\w*\b")
_TEXT: Final = re.compile(r"'[^']*'|\"[^\"]*\"")

Query = Mapping[str, Any]


def _calculated(graph: Graph) -> Iterator[tuple[Node, list[Query]]]:
    for node in graph.of("cloudwatch/metricAlarm"):
        if queries := node.inputs.get("metricQueries"):
            yield node, queries


@check("cloudwatch-alarm-metrics")
def _metrics(graph: Graph) -> Iterator[str]:
    return (node.name for node, queries in _calculated(graph) if sum("metric" in query for query in queries) > 10)


@check("cloudwatch-alarm-watches-one-result")
def _results(graph: Graph) -> Iterator[str]:
    # Pulumi's provider sends false for a query without `returnData`.
    return (node.name for node, queries in _calculated(graph) if sum(_returned(query) for query in queries) != 1)


def _returned(query: Query) -> bool:
    return bool(query.get("returnData"))


@check("cloudwatch-alarm-query-ids")
def _ids(graph: Graph) -> Iterator[str]:
    for node, queries in _calculated(graph):
        ids = [query["id"] for query in queries]
        named = {name for query in queries for name in _NAME.findall(_TEXT.sub("", query.get("expression", "")))}
        if len(set(ids)) < len(ids) or named - set(ids):
            yield node.name


def _children(graph: Graph) -> Iterator[tuple[Node, list[str]]]:
    for node in graph.of("cloudwatch/compositeAlarm"):
        yield node, _FUNCTION.findall(node.inputs["alarmRule"])


@check("cloudwatch-composite-children")
def _many(graph: Graph) -> Iterator[str]:
    return (node.name for node, children in _children(graph) if len(children) > 100)


@check("cloudwatch-composite-children-exist")
def _missing(graph: Graph) -> Iterator[str]:
    names = {node.called for node in graph.of("cloudwatch/metricAlarm")}
    names |= {node.inputs["alarmName"] for node in graph.of("cloudwatch/compositeAlarm")}
    return (node.name for node, children in _children(graph) if set(children) - names)


@check("cloudwatch-queried-log-groups")
def _queried(graph: Graph) -> Iterator[str]:
    return (node.name for node in graph.of("cloudwatch/queryDefinition") if len(node.inputs["logGroupNames"]) > 50)


@check("cloudwatch-widget-metrics")
def _widgets(graph: Graph) -> Iterator[str]:
    for node in graph.of("cloudwatch/dashboard"):
        widgets = node.document("dashboardBody")["widgets"]
        numbers = [len(widget["properties"].get("metrics", ())) for widget in widgets]
        if max(numbers, default=0) > 500 or sum(numbers) > 2500:
            yield node.name
