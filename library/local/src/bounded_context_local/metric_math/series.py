"""Recorded samples as series: one value per period, counted from the start of the run."""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..observation.samples import Sample
from .metric_lines import Metric

STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "Sum": math.fsum,
    "Average": lambda values: math.fsum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
    "SampleCount": len,
}
POINTS = 120
"""The maximum of points of a line; it limits the size of the page."""

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


class NotCalculated(ValueError):
    """An expression or a statistic that this page does not support."""


@dataclass(frozen=True)
class Series:
    """Values by the start of their period, in seconds. `metric` is None for calculated series."""

    points: Mapping[int, float]
    period: int
    unit: str = ""
    metric: Metric | None = None


class Recorded:
    """The samples of a run since its start."""

    def __init__(self, samples: Iterable[Sample], started: float, ended: float) -> None:
        """Store the samples since `started` (seconds since 1970); a sample after `ended` extends the run."""
        self._samples: dict[Metric, list[Sample]] = defaultdict(list)
        for sample in samples:
            if sample.time >= started:
                self._samples[metric_of(sample)].append(sample)
                ended = max(ended, sample.time)
        self.started = started
        self.seconds = math.floor(ended - started) + 1
        self.tick = math.ceil(self.seconds / POINTS)
        """The shortest drawn period in seconds: long runs have longer periods, and at most `POINTS` points."""

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that have samples, sorted."""
        return sorted(self._samples, key=lambda metric: (metric.namespace, metric.name, sorted(metric.dimensions)))

    @property
    def assumed(self) -> list[str]:
        """Namespaces and names of metrics whose samples, over all dimensions, are all assumed."""
        measured = {f"{metric.namespace} {metric.name}": False for metric in self.metrics}
        for metric, samples in self._samples.items():
            measured[f"{metric.namespace} {metric.name}"] |= any(not sample.assumed for sample in samples)
        return [name for name, known in measured.items() if not known]

    def is_assumed(self, metric: Metric) -> bool:
        """Return whether all samples of a metric are assumed zeros."""
        return all(sample.assumed for sample in self._samples.get(metric, []))

    def __len__(self) -> int:
        """Return the number of samples."""
        return sum(map(len, self._samples.values()))

    def series(self, metric: Metric, stat: str, period: int) -> Series:
        """Return a metric's statistic per period (in seconds); a metric without samples has no points.

        Raises:
            NotCalculated: this page does not support the statistic.
        """
        summarised, found = statistic(stat), self._samples.get(metric, [])
        periods: dict[int, list[float]] = defaultdict(list)
        for sample in found:
            periods[int((sample.time - self.started) // period) * period].append(sample.value)
        unit = "" if stat == "SampleCount" or not found else found[0].unit
        return Series({start: summarised(values) for start, values in sorted(periods.items())}, period, unit, metric)


def metric_of(sample: Sample) -> Metric:
    """Return the metric that a sample belongs to."""
    return Metric(sample.namespace, sample.metric, frozenset(sample.dimensions.items()))


def statistic(name: str) -> Callable[[list[float]], float]:
    """Return the function of a statistic: Sum, Average, Minimum, Maximum, SampleCount, or a percentile such as p99.

    Raises:
        NotCalculated: the statistic is not supported.
    """
    if name in STATISTICS:
        return STATISTICS[name]
    if not (found := _PERCENTILE.fullmatch(name)):
        raise NotCalculated(f"the statistic {name}")
    return lambda values: _percentile(values, float(found[1]) / 100)


def _percentile(values: list[float], part: float) -> float:
    """Return the percentile, interpolated between the two nearest values."""
    ordered, rank = sorted(values), part * (len(values) - 1)
    lower, upper = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    return lower + (rank - math.floor(rank)) * (upper - lower)
