"""Metrics as CloudWatch reads them from a function's output (embedded metric format)."""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple


class Emitted(NamedTuple):
    """One metric of one record, with all its values."""

    name: str
    unit: str
    dimensions: dict[str, str]
    values: list[float]


def emitted(output: str) -> list[Emitted]:
    """Return the metrics in a function's output, in their order; other lines are left out."""
    lines = [json.loads(line) for line in output.splitlines() if line.startswith('{"_aws"')]
    return [metric for line in lines for metric in _metrics(line)]


def _metrics(line: dict[str, Any]) -> Iterator[Emitted]:
    for directive in line["_aws"]["CloudWatchMetrics"]:
        # Each set of dimensions is a metric of its own, and costs as one: there must be one set.
        [names] = directive["Dimensions"]
        for metric in directive["Metrics"]:
            dimensions = {name: line[name] for name in names}
            yield Emitted(metric["Name"], metric["Unit"], dimensions, line[metric["Name"]])


def totals(output: str) -> dict[tuple[str, ...], float]:
    """Return each metric's sum, by its name and, if it has one, the value of its own dimension."""
    sums: dict[tuple[str, ...], float] = {}
    for metric in emitted(output):
        key = (metric.name, *(value for name, value in metric.dimensions.items() if name != "service"))
        sums[key] = sums.get(key, 0) + sum(metric.values)
    return sums
