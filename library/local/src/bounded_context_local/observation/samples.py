"""Metric samples, and the parser of the functions' own metrics in their logs.

The format is AWS's Embedded Metric Format ("Specification: Embedded metric format").
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .logs import METRICS, LogLine


@dataclass(frozen=True, slots=True)
class Sample:
    """A metric value at a time (seconds since 1970), in CloudWatch's unit.

    With `assumed`, the value is not measured: the run sends zero instead.
    """

    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    unit: str
    time: float
    value: float
    assumed: bool = False


def own_metrics(lines: Iterable[LogLine]) -> Iterator[Sample]:
    """Yield the samples in lines of the Embedded Metric Format; skip other lines."""
    for line in lines:
        if line.level == METRICS:
            for directive in line.fields["_aws"].get("CloudWatchMetrics", []):
                yield from _samples(line, directive)


def _samples(line: LogLine, directive: Mapping[str, Any]) -> Iterator[Sample]:
    record = line.fields
    for names in directive.get("Dimensions") or [[]]:
        dimensions = {name: str(record[name]) for name in names}
        for metric in directive["Metrics"]:
            value, unit = record[metric["Name"]], metric.get("Unit", "None")
            for number in value if isinstance(value, list) else [value]:
                yield Sample(directive["Namespace"], metric["Name"], dimensions, unit, line.time, float(number))
