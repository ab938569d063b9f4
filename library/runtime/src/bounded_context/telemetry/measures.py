"""Counters of measures (see `bounded_context.declaration.measures`): log lines in the embedded metric format (EMF).

Namespace and service come from the environment (POWERTOOLS_*).
"""

from decimal import Decimal

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from ..declaration.measures import Measure

_metrics = Metrics()


def count(measure: Measure, value: float | Decimal = 1, **extra: str) -> None:
    """Add a value to a measure. ``extra`` is the measure's dimension with its value, if the measure has a dimension.

    Raises:
        ValueError: ``extra`` is not the measure's dimension, or not an allowed value.
    """
    measure.check(extra)
    unit = MetricUnit(measure.unit)
    if measure.dimension is None:
        _metrics.add_metric(measure.name, unit, float(value))
        return
    # A record has one set of dimensions for all of its metrics: this metric needs a record of its own.
    with single_metric(measure.name, unit, float(value), default_dimensions=extra):
        pass


def flush() -> None:
    """Write the counted values; `entry_point` calls this function at the end of a call."""
    # Powertools warns about a call without metrics, and most calls have none.
    if _metrics.provider.metric_set:
        _metrics.flush_metrics()
