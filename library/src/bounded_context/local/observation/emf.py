"""The functions' own metrics, put to CloudWatch: AWS extracts them from the logs, the emulator does not."""

from collections.abc import Iterable, Mapping

from .. import metrics
from ..aws import Aws
from .samples import Sample

_VALUES = 150
"""AWS limit: values of one metric in one call."""

_Put = dict[str, tuple[list[float], str]]


def put(aws: Aws, samples: Iterable[Sample]) -> None:
    """Put samples as of now, so that an alarm's short periods see them; the emulator then looks at its alarms."""
    for (namespace, dimensions), values in _gathered(samples).items():
        while any(numbers for numbers, _ in values.values()):
            first = {metric: (numbers[:_VALUES], unit) for metric, (numbers, unit) in values.items() if numbers}
            metrics.put(aws, namespace, dict(dimensions), first)
            values = {metric: (numbers[_VALUES:], unit) for metric, (numbers, unit) in values.items()}


def _gathered(samples: Iterable[Sample]) -> Mapping[tuple[str, tuple[tuple[str, str], ...]], _Put]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], _Put] = {}
    for one in samples:
        by_metric = found.setdefault((one.namespace, tuple(one.dimensions.items())), {})
        by_metric.setdefault(one.metric, ([], one.unit))[0].append(one.value)
    return found
