"""Reasons for missing data of a metric: no activity, no calls, or not emulated."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from bounded_context_local.metric_math import search
from bounded_context_local.metric_math.expressions import tree
from bounded_context_local.metric_math.metric_lines import OF_AWS, Line
from bounded_context_local.metric_math.series import NotCalculated, Recorded, Series
from bounded_context_local.observation.aws_metrics import (
    apigateway,
    dynamodb,
    events,
    lambda_,
    scheduler,
    sns,
    sqs,
    states,
    transfer,
)

NO_ACTIVITY: Final = "No activity"
NO_CALLS: Final = "No calls"
NOT_EMULATED: Final = "Not emulated"

MEASURED: Final[Mapping[str, Sequence[str]]] = {
    module.NAMESPACE: module.NAMES
    for module in (apigateway, dynamodb, events, lambda_, scheduler, sns, sqs, states, transfer)
}
"""AWS's metrics that a run can measure, by namespace."""

_OF_CALLS: Final = (apigateway.NAMESPACE, lambda_.NAMESPACE)

Name = tuple[str, str]
"""A metric's namespace and its name."""


def without_data(line: Line, lines: Iterable[Line]) -> str:
    """Return why a line of a widget has no value; `lines` are all lines of the widget."""
    found = {_reason(name) for name in _names(line, {other.id: other for other in lines if other.id})}
    return next((reason for reason in (NOT_EMULATED, NO_CALLS, NO_ACTIVITY) if reason in found), NO_ACTIVITY)


def as_zero(series: Series, recorded: Recorded) -> str:
    """Return why a series has assumed zeros only; empty if it has measured values."""
    metric = series.metric
    if metric is None or not recorded.is_assumed(metric):
        return ""
    if metric.namespace == apigateway.NAMESPACE:
        return NO_CALLS
    return NOT_EMULATED if f"{metric.namespace} {metric.name}" in recorded.assumed else ""


def _reason(name: Name) -> str:
    namespace, metric = name
    if not namespace.startswith(OF_AWS):
        return NO_ACTIVITY
    if metric not in MEASURED.get(namespace, ()):
        return NOT_EMULATED
    return NO_CALLS if namespace in _OF_CALLS else NO_ACTIVITY


def _names(line: Line, named: Mapping[str, Line]) -> set[Name]:
    if line.metric:
        return {(line.metric.namespace, line.metric.name)}
    try:
        parts = list(ast.walk(tree(line.expression)))
    except NotCalculated:
        return set()
    texts = [node.value for node in parts if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    others = [named[node.id] for node in parts if isinstance(node, ast.Name) and node.id in named]
    inner = [_names(other, {key: value for key, value in named.items() if value is not line}) for other in others]
    return {name for text in texts for name in _searched(text)}.union(*inner)


def _searched(text: str) -> set[Name]:
    try:
        found = search.read(text)
    except search.Unreadable:
        return set()
    return {(found.namespace, name) for name in found.wanted.get(search.METRIC_NAME, ())}
