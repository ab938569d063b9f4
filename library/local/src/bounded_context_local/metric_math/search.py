"""SEARCH expressions: `{Namespace,Dimension} MetricName="Errors" Dimension=("one" OR "other")`.

Only exact terms are supported; AWS also has partial terms ("CloudWatch search expression syntax").
"""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .metric_lines import Metric

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
    """A search for metrics of a namespace with exactly these dimensions; `wanted` has the allowed values by key."""

    text: str
    namespace: str
    dimensions: frozenset[str]
    wanted: Mapping[str, frozenset[str]]

    def finds(self, metric: Metric) -> bool:
        """Return whether a metric matches the search."""
        has = values(metric)
        return (
            metric.namespace == self.namespace
            and has.keys() - {METRIC_NAME} == self.dimensions
            and all(has.get(key) in allowed for key, allowed in self.wanted.items())
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
    wanted: dict[str, frozenset[str]] = {}
    while text.strip():
        if not (term := _TERM.match(text)):
            raise Unreadable(text)
        wanted[term["key"]] = frozenset(_VALUE.findall(term["values"]))
        text = text[term.end() :]
    return wanted
