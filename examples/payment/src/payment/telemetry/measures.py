"""What this context measures: each metric's name, its unit, and the one dimension that it may have beside `service`.

Metrics are written as log lines in CloudWatch's embedded metric format (EMF). Namespace and service come from the
environment (POWERTOOLS_*).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from aws_lambda_powertools import Metrics, single_metric
from aws_lambda_powertools.metrics import MetricUnit

from ..application.inbound import PoisonReason
from ..domain import amounts, events
from ..domain.model import BusinessError
from ..domain.rows import Fault

_metrics = Metrics()


@dataclass(frozen=True)
class Measure:
    """A metric. ``dimension`` is its own one, if it has any, and ``values`` are all that this may be.

    Each value is a metric that costs money every month: no value may come from a file or a caller.
    """

    name: str
    unit: MetricUnit = MetricUnit.Count
    dimension: str | None = None
    values: tuple[str, ...] = ()

    def check(self, extra: Mapping[str, str]) -> None:
        """Raise ValueError unless ``extra`` is the measure's own dimension with one of its values."""
        names = [] if self.dimension is None else [self.dimension]
        if list(extra) != names or not set(extra.values()) <= set(self.values):
            raise ValueError(f"{self.name} has {self.dimension or 'no dimension'} {self.values or ''}, and not {extra}")


REFUSALS: Final = (
    "invalid",
    *(error.code for error in BusinessError.__subclasses__()),
    "idempotency-key-reused",
    "in-progress",
)
"""The codes of refused commands: of bad messages, of the context's own rules, and of idempotency."""


def _imported(field: str) -> Measure:
    name = f"{field.title().replace('_', '')}Imported"
    return Measure(name, MetricUnit.NoUnit, "currency", amounts.currencies(amounts.CURRENCY))


CHANGES: Final = {event: Measure(event) for event in (*events.REACHED.values(), events.DELETED)}
"""What happened to aggregates, by the type of the event that tells it."""

EVENTS_PUBLISHED: Final = Measure("EventsPublished")
EVENTS_REFUSED: Final = Measure("EventsRefused")
EVENT_AGE: Final = Measure("EventAge", MetricUnit.Seconds)
COMMANDS_REFUSED: Final = Measure("CommandsRefused", dimension="reason", values=REFUSALS)
LISTS_RECEIVED: Final = Measure("ListsReceived")
LISTS_IMPORTED: Final = Measure("ListsImported")
LISTS_REJECTED: Final = Measure("ListsRejected")
LISTS_FAILED: Final = Measure("ListsFailed")
LISTS_LATE: Final = Measure("ListsLate")
LIST_DURATION: Final = Measure("ListDuration", MetricUnit.Seconds)
OLDEST_UNFINISHED: Final = Measure("OldestUnfinishedListAge", MetricUnit.Seconds)
UPLOADS_BROKEN: Final = Measure("UploadsBroken")
ROWS_IMPORTED: Final = Measure("RowsImported")
ROWS_REJECTED: Final = Measure("RowsRejected", dimension="reason", values=tuple(Fault))
EVENTS_APPLIED: Final = Measure("EventsApplied")
EVENTS_STALE: Final = Measure("EventsStale")
EVENTS_POISONED: Final = Measure("EventsPoisoned", dimension="reason", values=tuple(PoisonReason))
AMOUNTS_IMPORTED: Final = {field: _imported(field) for field in amounts.DECIMALS}
"""What was imported, in the currency's own unit, by the aggregate's field."""

ALL: Final = (
    *CHANGES.values(),
    EVENTS_PUBLISHED,
    EVENTS_REFUSED,
    EVENT_AGE,
    COMMANDS_REFUSED,
    LISTS_RECEIVED,
    LISTS_IMPORTED,
    LISTS_REJECTED,
    LISTS_FAILED,
    LISTS_LATE,
    LIST_DURATION,
    OLDEST_UNFINISHED,
    UPLOADS_BROKEN,
    ROWS_IMPORTED,
    ROWS_REJECTED,
    EVENTS_APPLIED,
    EVENTS_STALE,
    EVENTS_POISONED,
    *AMOUNTS_IMPORTED.values(),
)


def count(measure: Measure, value: float | Decimal = 1, **extra: str) -> None:
    """Add a value to a measure. A measure with a dimension of its own takes that as ``extra``, and no other does.

    Raises:
        ValueError: ``extra`` is not the measure's dimension, or not one of its values.
    """
    measure.check(extra)
    if measure.dimension is None:
        _metrics.add_metric(measure.name, measure.unit, float(value))
        return
    # A record has one set of dimensions for all of its metrics, so these cannot wait for the others.
    with single_metric(measure.name, measure.unit, float(value), default_dimensions=extra):
        pass


def flush() -> None:
    """Write what was counted; `entry_point` does so at the end of a call."""
    # Powertools warns of a call that counted nothing, and most count nothing.
    if _metrics.provider.metric_set:
        _metrics.flush_metrics()
