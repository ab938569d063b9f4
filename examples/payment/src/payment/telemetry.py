"""The only Logger, Tracer and Metrics. Service name, namespace and level come from the environment (POWERTOOLS_*)."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger()
# Left alone, it would also trace every statement that the validation sends to its SQLite memory.
tracer = Tracer(patch_modules=("botocore",))
metrics = Metrics()

Handler = Callable[[dict[str, Any], Any], Any]


def entry_point(handler: Handler) -> Handler:
    """Make a Lambda handler observed: request id on every log line, a trace segment, metrics written at the end.

    Neither payloads nor answers are recorded: they hold personal data.
    """
    traced: Any = tracer.capture_lambda_handler(_measured(handler), capture_response=False)  # pyright: ignore[reportCallIssue, reportArgumentType]
    return logger.inject_lambda_context(traced, clear_state=True)


def _measured(handler: Handler) -> Handler:
    @wraps(handler)
    def measured(event: dict[str, Any], context: Any) -> Any:
        try:
            return handler(event, context)
        finally:
            # Powertools' own decorator warns on every call that counted nothing, and most steps count nothing.
            if metrics.provider.metric_set:
                metrics.flush_metrics()

    return measured


def count(name: str, value: int = 1) -> None:
    """Add to a count that is written as an EMF log line when the handler returns."""
    metrics.add_metric(name=name, unit=MetricUnit.Count, value=value)
