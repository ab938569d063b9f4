"""Why there is nothing to see of a metric: nothing happened, nobody called, or nobody measures it here."""

import ast
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ..observation.aws_metrics import apigateway, dynamodb, events, lambda_, sns, sqs, states, transfer
from . import search
from .asked import OF_AWS, Line
from .expressions import tree
from .series import NotCalculated, Recorded, Series

NOTHING: Final = "Nothing happened"
NOBODY: Final = "Nobody called"
NOT_EMULATED: Final = "Not emulated"

MEASURED: Final[Mapping[str, Sequence[str]]] = {
    one.NAMESPACE: one.NAMES for one in (apigateway, dynamodb, events, lambda_, sns, sqs, states, transfer)
}
"""AWS's own metrics that a run can have, by their namespaces."""

_CALLED: Final = (apigateway.NAMESPACE, lambda_.NAMESPACE)

Name = tuple[str, str]
"""A metric's namespace and its name."""


def without_data(line: Line, lines: Iterable[Line]) -> str:
    """Return why a line of a widget has no value; `lines` are all of the widget."""
    found = {_of(name) for name in _names(line, {one.id: one for one in lines if one.id})}
    return next((one for one in (NOT_EMULATED, NOBODY, NOTHING) if one in found), NOTHING)


def as_zero(series: Series, recorded: Recorded) -> str:
    """Return why a series is zero all along though nobody has measured it; empty if somebody has."""
    metric = series.metric
    if metric is None or not recorded.is_assumed(metric):
        return ""
    if metric.namespace == apigateway.NAMESPACE:
        return NOBODY
    return NOT_EMULATED if f"{metric.namespace} {metric.name}" in recorded.assumed else ""


def _of(name: Name) -> str:
    namespace, metric = name
    if not namespace.startswith(OF_AWS):
        return NOTHING
    if metric not in MEASURED.get(namespace, ()):
        return NOT_EMULATED
    return NOBODY if namespace in _CALLED else NOTHING


def _names(line: Line, named: Mapping[str, Line]) -> set[Name]:
    if line.metric:
        return {(line.metric.namespace, line.metric.name)}
    try:
        parts = list(ast.walk(tree(line.expression)))
    except NotCalculated:
        return set()
    texts = [one.value for one in parts if isinstance(one, ast.Constant) and isinstance(one.value, str)]
    others = [named[one.id] for one in parts if isinstance(one, ast.Name) and one.id in named]
    inner = [_names(one, {key: other for key, other in named.items() if other is not line}) for one in others]
    return {name for text in texts for name in _searched(text)}.union(*inner)


def _searched(text: str) -> set[Name]:
    try:
        found = search.read(text)
    except search.Unreadable:
        return set()
    return {(found.namespace, name) for name in found.wanted.get(search.METRIC_NAME, ())}
