"""The metrics, expressions and SEARCH expressions of a widget, parsed from a dashboard's body.

AWS documents the format in "Dashboard body structure and syntax" of the CloudWatch API reference.

Only exact terms are supported; AWS also has partial terms ("CloudWatch search expression syntax").
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

AS_BEFORE = "."
ALL_AS_BEFORE = "..."
DEFAULTS = {"stat": "Average", "period": 300}

OF_AWS = "AWS/"
"""The prefix of the namespaces of AWS's own metrics."""


@dataclass(frozen=True)
class Metric:
    """A metric, identified by its namespace, its name and all its dimensions."""

    namespace: str
    name: str
    dimensions: frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Line:
    """One entry of a widget's `metrics`: a metric with a statistic over a period in seconds, or an expression."""

    id: str
    metric: Metric | None
    expression: str
    stat: str
    period: int
    visible: bool
    label: str = ""
    right: bool = False
    color: str | None = None


def widgets(body: Mapping[str, Any], kind: str) -> list[Mapping[str, Any]]:
    """Return the properties of the widgets of a type, such as `metric`."""
    return [widget["properties"] for widget in body.get("widgets", []) if widget["type"] == kind]


def lines(properties: Mapping[str, Any]) -> list[Line]:
    """Return the lines of a metric widget, with its shorthands expanded."""
    expanded: list[Line] = []
    defaults = DEFAULTS | {key: properties[key] for key in DEFAULTS if key in properties}
    before: Sequence[str] = ()
    for entry in properties.get("metrics", []):
        options = defaults | (entry[-1] if isinstance(entry[-1], dict) else {})
        words = [word for word in entry if isinstance(word, str)]
        before = _expanded(words, before) if words else before
        expanded.append(_line(_metric(before) if words else None, options))
    return expanded


def _expanded(words: Sequence[str], before: Sequence[str]) -> Sequence[str]:
    if words[0] == ALL_AS_BEFORE:
        return [*before[: len(before) - len(words) + 1], *words[1:]]
    return [before[index] if word == AS_BEFORE else word for index, word in enumerate(words)]


def _metric(words: Sequence[str]) -> Metric:
    namespace, name, *pairs = words
    return Metric(namespace, name, frozenset(zip(pairs[::2], pairs[1::2], strict=True)))


def _line(metric: Metric | None, options: Mapping[str, Any]) -> Line:
    return Line(
        id=options.get("id", ""),
        metric=metric,
        expression="" if metric else options["expression"].strip(),
        label=options.get("label", ""),
        stat=options["stat"],
        period=options["period"],
        visible=options.get("visible", True),
        right=options.get("yAxis") == "right",
        color=options.get("color"),
    )


_QUERY = re.compile(r"\s*\{(?P<schema>[^}]*)\}(?P<terms>.*)", re.DOTALL)
_TERM = re.compile(
    r"""\s*(?:AND\s+)?"?(?P<key>[\w.-]+)"?\s*=\s*(?P<values>"[^"]*"|\(\s*"[^"]*"(?:\s+OR\s+"[^"]*")*\s*\))"""
)
_VALUE = re.compile(r'"([^"]*)"')
METRIC_NAME = "MetricName"


class Unreadable(ValueError):
    """A search with terms that are not supported."""


@dataclass(frozen=True)
class Search:
    """A search for metrics of a namespace with exactly these dimensions; `terms` has the allowed values by key."""

    text: str
    namespace: str
    dimensions: frozenset[str]
    terms: Mapping[str, frozenset[str]]

    def finds(self, metric: Metric) -> bool:
        """Return whether a metric matches the search."""
        has = values(metric)
        return (
            metric.namespace == self.namespace
            and has.keys() - {METRIC_NAME} == self.dimensions
            and all(has.get(key) in allowed for key, allowed in self.terms.items())
        )


def values(metric: Metric) -> dict[str, str]:
    """Return the values that a search's terms match: the metric's name and its dimensions."""
    return {**dict(metric.dimensions), METRIC_NAME: metric.name}


def read(text: str) -> Search:
    """Parse the first argument of SEARCH. Raises Unreadable."""
    if not (query := _QUERY.fullmatch(text)):
        raise Unreadable(text)
    namespace, *dimensions = next(csv.reader([query["schema"].strip()], skipinitialspace=True))
    names = frozenset(name.strip() for name in dimensions)
    return Search(text, namespace.strip(), names, _terms(query["terms"]))


def _terms(text: str) -> dict[str, frozenset[str]]:
    terms: dict[str, frozenset[str]] = {}
    while text.strip():
        if not (term := _TERM.match(text)):
            raise Unreadable(text)
        terms[term["key"]] = frozenset(_VALUE.findall(term["values"]))
        text = text[term.end() :]
    return terms
