"""Publication of the functions' own metrics to CloudWatch. AWS extracts them from logs, the emulator does not."""

from collections.abc import Iterable, Mapping

from .. import metrics
from ..aws import Aws
from .samples import Sample

_VALUES = 150
"""AWS limit: values of one metric in one call."""

_Put = dict[str, tuple[list[float], str]]


def put(aws: Aws, samples: Iterable[Sample]) -> None:
    """Publish samples with the current time, for the alarms' short periods; the emulator then evaluates its alarms."""
    for (namespace, dimensions), values in _gathered(samples).items():
        while any(numbers for numbers, _ in values.values()):
            first = {metric: (numbers[:_VALUES], unit) for metric, (numbers, unit) in values.items() if numbers}
            metrics.put(aws, namespace, dict(dimensions), first)
            values = {metric: (numbers[_VALUES:], unit) for metric, (numbers, unit) in values.items()}


def _gathered(samples: Iterable[Sample]) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], _Put]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], _Put] = {}
    for sample in samples:
        by_metric = found.setdefault((sample.namespace, tuple(sample.dimensions.items())), {})
        by_metric.setdefault(sample.metric, ([], sample.unit))[0].append(sample.value)
    return found
