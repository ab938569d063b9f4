"""What was measured, as series: one value for each period, counted from the start of the run."""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ..observation.samples import Sample
from .asked import Metric

STATISTICS: Mapping[str, Callable[[list[float]], float]] = {
    "Sum": math.fsum,
    "Average": lambda values: math.fsum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
    "SampleCount": len,
}
POINTS = 120
"""A line has no more of them: what a tile can show, and a page can carry."""

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


class NotCalculated(ValueError):
    """Something that CloudWatch calculates and this page does not."""


@dataclass(frozen=True)
class Series:
    """Values by the second at which their period begins. `metric` is None for what was calculated."""

    points: Mapping[int, float]
    period: int
    unit: str = ""
    metric: Metric | None = None


class Recorded:
    """The samples of a run, from its start on."""

    def __init__(self, samples: Iterable[Sample], started: float, ended: float) -> None:
        """Keep what was measured between two times, in seconds since 1970; a sample after the end moves it."""
        self._samples: dict[Metric, list[Sample]] = defaultdict(list)
        for sample in samples:
            if sample.time >= started:
                self._samples[metric_of(sample)].append(sample)
                ended = max(ended, sample.time)
        self.started = started
        self.seconds = math.floor(ended - started) + 1
        self.tick = math.ceil(self.seconds / POINTS)
        """The shortest period that is drawn, in seconds: a long run has no more points than a short one."""

    @property
    def metrics(self) -> list[Metric]:
        """The metrics that have samples, by their names and dimensions."""
        return sorted(self._samples, key=lambda one: (one.namespace, one.name, sorted(one.dimensions)))

    @property
    def assumed(self) -> list[str]:
        """The namespaces and names of metrics that nobody measures here, whatever their dimensions."""
        measured = {f"{one.namespace} {one.name}": False for one in self.metrics}
        for metric, samples in self._samples.items():
            measured[f"{metric.namespace} {metric.name}"] |= any(not one.assumed for one in samples)
        return [name for name, known in measured.items() if not known]

    def is_assumed(self, metric: Metric) -> bool:
        """Whether nobody has measured a metric: all that there is of it is zeros."""
        return all(one.assumed for one in self._samples.get(metric, []))

    def __len__(self) -> int:
        """How many samples there are."""
        return sum(map(len, self._samples.values()))

    def series(self, metric: Metric, stat: str, period: int) -> Series:
        """Return a metric's statistic by period, in seconds; without points if it has no samples.

        Raises:
            NotCalculated: it is no statistic of this page.
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
    """Return what makes one value of several: Sum, Average, Minimum, Maximum, SampleCount or a percentile as p99.

    Raises:
        NotCalculated: it is another one.
    """
    if name in STATISTICS:
        return STATISTICS[name]
    if not (found := _PERCENTILE.fullmatch(name)):
        raise NotCalculated(f"the statistic {name}")
    return lambda values: _percentile(values, float(found[1]) / 100)


def _percentile(values: list[float], part: float) -> float:
    """Interpolate between the two nearest values."""
    ordered, rank = sorted(values), part * (len(values) - 1)
    lower, upper = ordered[math.floor(rank)], ordered[math.ceil(rank)]
    return lower + (rank - math.floor(rank)) * (upper - lower)
