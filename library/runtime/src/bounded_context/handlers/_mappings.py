"""The metric of event source mappings that do not work."""

from collections.abc import Sequence

from .. import aws
from ..declaration import measures
from ..telemetry import count, logger


def count_failing(functions: Sequence[str]) -> int:
    """Log, count and return the event source mappings that are stopped, missing, or failed at their last attempt."""
    failing = aws.event_sources().failing(functions)
    for mapping in failing:
        logger.warning("event source mapping fails", mapping_of=mapping.function, why=mapping.why)
    count(measures.MAPPINGS_FAILING, len(failing))
    return len(failing)
