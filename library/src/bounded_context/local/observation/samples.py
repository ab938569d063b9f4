"""Samples of metrics, and how the functions' own are read from their logs.

The form is AWS's Embedded Metric Format ("Specification: Embedded metric format").
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .logs import METRICS, LogLine


@dataclass(frozen=True)
class Sample:
    """One value of a metric at a time (seconds since 1970), in CloudWatch's unit.

    `assumed`: nobody measures it here, and it is zero as long as nothing of that kind happens.
    """

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    unit: str
    time: float
    value: float
    assumed: bool = False


def own_metrics(lines: Iterable[LogLine]) -> Iterator[Sample]:
    """Yield the samples in lines of the Embedded Metric Format, and nothing of other lines."""
    for line in lines:
        if line.level == METRICS:
            for directive in line.fields["_aws"].get("CloudWatchMetrics", []):
                yield from _directed(line, directive)


def _directed(line: LogLine, directive: Mapping[str, Any]) -> Iterator[Sample]:
    record = line.fields
    for names in directive.get("Dimensions") or [[]]:
        dimensions = {name: str(record[name]) for name in names}
        for metric in directive["Metrics"]:
            value, unit = record[metric["Name"]], metric.get("Unit", "None")
            for one in value if isinstance(value, list) else [value]:
                yield Sample(directive["Namespace"], metric["Name"], dimensions, unit, line.time, float(one))
