"""The context's own metrics, as dashboards and alarms ask for them.

The code defines them, with their units, in `telemetry/measures.py`; a contract test holds the two together.
"""

from typing import Final

from .context import AMOUNTS, CURRENCIES, EVENTS, LIST_EVENTS, POISON, REFUSALS, REJECTIONS

CHANGES: Final = tuple(event for event in EVENTS if event not in LIST_EVENTS)
"""What happened to aggregates: each metric has its event's name."""

EVENTS_PUBLISHED: Final = "EventsPublished"
EVENTS_REFUSED: Final = "EventsRefused"
EVENT_AGE: Final = "EventAge"
COMMANDS_REFUSED: Final = "CommandsRefused"
LISTS_RECEIVED: Final = "ListsReceived"
LISTS_IMPORTED: Final = "ListsImported"
LISTS_REJECTED: Final = "ListsRejected"
LISTS_FAILED: Final = "ListsFailed"
LISTS_LATE: Final = "ListsLate"
LIST_DURATION: Final = "ListDuration"
OLDEST_UNFINISHED: Final = "OldestUnfinishedListAge"
UPLOADS_BROKEN: Final = "UploadsBroken"
ROWS_IMPORTED: Final = "RowsImported"
ROWS_REJECTED: Final = "RowsRejected"
EVENTS_APPLIED: Final = "EventsApplied"
EVENTS_STALE: Final = "EventsStale"
EVENTS_POISONED: Final = "EventsPoisoned"
AMOUNTS_IMPORTED: Final = tuple(f"{name.title().replace('_', '')}Imported" for name in AMOUNTS)

BY_REASON: Final = {COMMANDS_REFUSED: REFUSALS, ROWS_REJECTED: REJECTIONS, EVENTS_POISONED: POISON}
"""Those with the dimension `reason`, and the values it has."""

BY_CURRENCY: Final = dict.fromkeys(AMOUNTS_IMPORTED, CURRENCIES)
"""Those with the dimension `currency`, and the values it has."""

PLAIN: Final = (
    *CHANGES,
    EVENTS_PUBLISHED,
    EVENTS_REFUSED,
    EVENT_AGE,
    LISTS_RECEIVED,
    LISTS_IMPORTED,
    LISTS_REJECTED,
    LISTS_FAILED,
    LISTS_LATE,
    LIST_DURATION,
    OLDEST_UNFINISHED,
    UPLOADS_BROKEN,
    ROWS_IMPORTED,
    EVENTS_APPLIED,
    EVENTS_STALE,
)
"""Those with the dimension `service` alone, which all have; its value is the context."""

ALL: Final = (*PLAIN, *BY_REASON, *BY_CURRENCY)
