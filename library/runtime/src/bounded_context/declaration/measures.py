"""The metrics of contexts, as data: each metric's name, unit, and its dimension besides `service`, if any.

Functions count by the names of this module; dashboards and alarms query by them. The metrics of every context are
constants; `Measures` adds the metrics that follow from a declaration.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from ..domain.faults import PoisonReason

COUNT: Final = "Count"
SECONDS: Final = "Seconds"
NO_UNIT: Final = "None"

REASON: Final = "reason"
CURRENCY: Final = "currency"
CONTRACT: Final = "contract"


@dataclass(frozen=True)
class Measure:
    """A metric. ``unit`` is a unit of CloudWatch, ``dimension`` the metric's own, and ``values`` its allowed values.

    Each value is a metric that costs money every month: no value may come from a file or a caller.
    """

    name: str
    unit: str = COUNT
    dimension: str | None = None
    values: tuple[str, ...] = ()

    def check(self, extra: Mapping[str, str]) -> None:
        """Raise ValueError unless ``extra`` is the measure's own dimension with an allowed value."""
        names = [] if self.dimension is None else [self.dimension]
        if list(extra) != names or not set(extra.values()) <= set(self.values):
            raise ValueError(f"{self.name} has {self.dimension or 'no dimension'} {self.values or ''}, and not {extra}")


EVENTS_PUBLISHED: Final = Measure("EventsPublished")
EVENTS_REFUSED: Final = Measure("EventsRefused")
EVENT_AGE: Final = Measure("EventAge", SECONDS)
LISTS_RECEIVED: Final = Measure("ListsReceived")
"""Lists that were recorded, before their rows were read."""
LISTS_IMPORTED: Final = Measure("ListsImported")
LISTS_REJECTED: Final = Measure("ListsRejected")
"""Lists rejected for their content. None of their rows was imported."""
LISTS_FAILED: Final = Measure("ListsFailed")
LISTS_LATE: Final = Measure("ListsLate")
"""Lists that took longer from their upload to their completion than the stack's objective allows."""
LIST_DURATION: Final = Measure("ListDuration", SECONDS)
OLDEST_UNFINISHED: Final = Measure("OldestUnfinishedListAge", SECONDS)
"""Seconds since the upload of the oldest list that is not complete."""
OLDEST_WAITING: Final = Measure("OldestWaitingListAge", SECONDS)
"""Seconds for which the oldest list has waited for its approval."""
MAPPINGS_FAILING: Final = Measure("EventSourceMappingsFailing")
"""Event source mappings that are stopped, missing, or failed at their last attempt."""
UPLOADS_BROKEN: Final = Measure("UploadsBroken")
"""Uploads that broke off before their end."""
UPLOADS_QUARANTINED: Final = Measure("UploadsQuarantined")
"""Uploads in which a malware scan found a threat, or that it could not scan."""
UPLOADS_UNSEEN: Final = Measure("UploadsUnseen")
"""Files in the inbox for which no list was recorded."""
ROWS_IMPORTED: Final = Measure("RowsImported")
RULE_SECONDS: Final = Measure("RuleSeconds", SECONDS)
"""The duration of the rule of the command that creates, for the rows of a part of a list."""
EVENTS_APPLIED: Final = Measure("EventsApplied")
EVENTS_STALE: Final = Measure("EventsStale")
EVENTS_POISONED: Final = Measure("EventsPoisoned", dimension=REASON, values=tuple(PoisonReason))
DEADLINES_MET: Final = Measure("DeadlinesMet")
"""Commands of deadlines that were done."""
DEADLINES_REFUSED: Final = Measure("DeadlinesRefused")
"""Commands of deadlines that a rule refused. They are not repeated."""
OLDEST_DEADLINE: Final = Measure("OldestDeadlineAge", SECONDS)
"""Seconds by which the oldest aggregate is late whose deadline has passed."""
FILES_PREPARED: Final = Measure("FilesPrepared")
"""Files of exports that partners can fetch."""
OLDEST_UNPREPARED: Final = Measure("OldestUnpreparedFileAge", SECONDS)
"""Seconds since the period of the oldest file that is not complete."""
OLDEST_UNFETCHED: Final = Measure("OldestUnfetchedFileAge", SECONDS)
"""Seconds for which the oldest file has waited for its partner."""

PLATFORM: Final = tuple(constant for constant in tuple(globals().values()) if isinstance(constant, Measure))
"""The metrics that are the same in every context."""

OPTIONAL: Final = (UPLOADS_QUARANTINED, OLDEST_WAITING)
"""The metrics that no alarm and no dashboard shows without a setting of the stack, or without an approval of lists."""


OF_LISTS: Final = frozenset(
    {
        *(LISTS_RECEIVED, LISTS_IMPORTED, LISTS_REJECTED, LISTS_FAILED, LISTS_LATE, LIST_DURATION, OLDEST_UNFINISHED),
        *(OLDEST_WAITING, UPLOADS_BROKEN, UPLOADS_QUARANTINED, UPLOADS_UNSEEN, ROWS_IMPORTED, RULE_SECONDS),
    }
)
"""The metrics that only a context with lists has."""

OF_DEADLINES: Final = frozenset({DEADLINES_MET, DEADLINES_REFUSED, OLDEST_DEADLINE})
"""The metrics that only a context with deadlines has."""

OF_EXPORTS: Final = frozenset({FILES_PREPARED, OLDEST_UNPREPARED, OLDEST_UNFETCHED})
"""The metrics that only a context with exports has."""


def uses(contracts: Iterable[str]) -> Measure:
    """Return the measure of calls of deprecated functions, and of published events of deprecated major versions."""
    return Measure("DeprecatedUses", dimension=CONTRACT, values=tuple(contracts))


class Measures:
    """All measures of a context.

    Args:
        changes: the types of the events of its aggregates; each is a metric of that name.
        refusals: the codes of refused commands.
        faults: the faults of rows; empty without lists.
        amounts: the fields whose imported sums are measured.
        currencies: the labels of the sums.
        deadlines: whether the context has deadlines.
        deprecated: the deprecated functions and major versions of events.
        exports: whether the context has exports.
    """

    def __init__(
        self,
        changes: Sequence[str],
        refusals: Sequence[str],
        faults: Sequence[str],
        amounts: Sequence[str],
        currencies: Sequence[str],
        *,
        deadlines: bool = False,
        deprecated: Iterable[str] = (),
        exports: bool = False,
    ) -> None:
        absent = (frozenset() if deadlines else OF_DEADLINES) | (frozenset() if exports else OF_EXPORTS)
        self._platform = tuple(measure for measure in PLATFORM if measure not in absent)
        self.commands_refused: Final = Measure("CommandsRefused", dimension=REASON, values=tuple(refusals))
        self.rows_rejected: Final = Measure("RowsRejected", dimension=REASON, values=tuple(faults))
        self.deprecated_uses: Final = uses(deprecated)
        self.changes: Final = {event: Measure(event) for event in changes}
        """Changes of aggregates, by the type of the event."""
        self.amounts_imported: Final = {field: _imported(field, currencies) for field in amounts}
        """Imported sums in the currency's own unit, by the aggregate's field."""

    @cached_property
    def all(self) -> tuple[Measure, ...]:
        """All measures."""
        has_lists = bool(self.rows_rejected.values)
        platform = (measure for measure in self._platform if has_lists or measure not in OF_LISTS)
        of_lists = (self.rows_rejected, *self.amounts_imported.values()) if has_lists else ()
        deprecated = (self.deprecated_uses,) if self.deprecated_uses.values else ()
        return (*self.changes.values(), *platform, self.commands_refused, *of_lists, *deprecated)


def _imported(field: str, currencies: Sequence[str]) -> Measure:
    name = f"{field.title().replace('_', '')}Imported"
    return Measure(name, NO_UNIT, CURRENCY, tuple(currencies))
