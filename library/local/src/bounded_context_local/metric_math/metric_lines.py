"""The metrics and expressions of a widget, parsed from a dashboard's body.

AWS documents the format in "Dashboard body structure and syntax" of the CloudWatch API reference.
"""

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
    found: list[Line] = []
    defaults = DEFAULTS | {key: properties[key] for key in DEFAULTS if key in properties}
    before: Sequence[str] = ()
    for entry in properties.get("metrics", []):
        options = defaults | (entry[-1] if isinstance(entry[-1], dict) else {})
        words = [word for word in entry if isinstance(word, str)]
        before = _expanded(words, before) if words else before
        found.append(_line(_metric(before) if words else None, options))
    return found


def _expanded(words: Sequence[str], before: Sequence[str]) -> Sequence[str]:
    if words[0] == ALL_AS_BEFORE:
        return [*before[: len(before) - len(words) + 1], *words[1:]]
    return [before[index] if word == AS_BEFORE else word for index, word in enumerate(words)]


def _metric(words: Sequence[str]) -> Metric:
    namespace, name, *rest = words
    return Metric(namespace, name, frozenset(zip(rest[::2], rest[1::2], strict=True)))


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
