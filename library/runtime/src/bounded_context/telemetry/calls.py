"""The observation of one call of a function, from its begin to its end, and counters of measures as log lines.

Namespace and service come from the environment (POWERTOOLS_*).
"""

from collections.abc import Callable
from decimal import Decimal
from functools import wraps
from typing import Any

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from ..declaration.context import Context
from ..declaration.measures import Measure
from . import traces
from .errors import loggable_error, set_up
from .logs import logger

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


Handler = Callable[[dict[str, Any], Any], Any]


def entry_point(context: Context[Any]) -> Callable[[Handler], Handler]:
    """Return a decorator that observes a Lambda handler of a context: ids on each log line, a subsegment, metrics.

    Payloads and answers are not recorded, since they hold personal data. An exception is logged once and raised again,
    without the parts of its message that may quote personal data.
    """
    set_up(context)

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def observed(event: dict[str, Any], call: Any) -> Any:
            set_up(context)
            logger.append_keys(version=call.function_version)
            with traces.call(call.function_name):
                try:
                    return handler(event, call)
                except Exception as error:
                    logger.exception("uncaught exception")
                    raise loggable_error(error) from None
                finally:
                    flush()

        return logger.inject_lambda_context(observed, clear_state=True)

    return decorate


def about(**ids: str | int) -> None:
    """Add ids to each further log line of this call, and to its trace as annotations."""
    logger.append_keys(**ids)
    traces.annotate(**ids)
