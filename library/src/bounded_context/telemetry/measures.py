"""Counts measures (see `bounded_context.measures`): log lines in CloudWatch's embedded metric format (EMF).

Namespace and service come from the environment (POWERTOOLS_*).
"""

from decimal import Decimal

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from ..measures import Measure

_metrics = Metrics()


def count(measure: Measure, value: float | Decimal = 1, **extra: str) -> None:
    """Add a value to a measure. A measure with a dimension of its own takes that as ``extra``, and no other does.

    Raises:
        ValueError: ``extra`` is not the measure's dimension, or not one of its values.
    """
    measure.check(extra)
    unit = MetricUnit(measure.unit)
    if measure.dimension is None:
        _metrics.add_metric(measure.name, unit, float(value))
        return
    # A record has one set of dimensions for all of its metrics, so these cannot wait for the others.
    with single_metric(measure.name, unit, float(value), default_dimensions=extra):
        pass


def flush() -> None:
    """Write what was counted; `entry_point` does so at the end of a call."""
    # Powertools warns of a call that counted nothing, and most count nothing.
    if _metrics.provider.metric_set:
        _metrics.flush_metrics()
