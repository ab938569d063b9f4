"""From when on a stack's alarms go off, where that is a matter of taste and of how much is going on."""

from dataclasses import dataclass

from .config import between


@dataclass(frozen=True)
class Thresholds:
    """What a value must exceed to be bad.

    `duration_percent` of a function's timeout; minutes that the oldest message of a queue (which keeps it for 7 days),
    the oldest change in the table's stream (which forgets after a day) and the oldest unfinished list may wait; lists
    that may be rejected within an hour.
    """

    duration_percent: int = between(1, 99, 80)
    queue_age_minutes: int = between(1, 7 * 24 * 60 - 1, 60)
    stream_age_minutes: int = between(1, 24 * 60 - 1, 15)
    unfinished_list_minutes: int = between(1, 24 * 60, 60)
    rejected_lists: int = between(0, 1000, 3)
