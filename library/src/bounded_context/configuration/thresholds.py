"""The thresholds of a stack's alarms that depend on load and on a team's preference."""

from dataclasses import dataclass

from .config import between


@dataclass(frozen=True)
class Thresholds:
    """The values that must be exceeded to set off an alarm.

    Attributes:
        duration_percent: duration of a call, as a percentage of the function's timeout.
        queue_age_minutes: age of the oldest message of a queue, which stores messages for 7 days.
        stream_age_minutes: age of the oldest change in the table's stream, which stores changes for a day.
        unfinished_list_minutes: age of the oldest unfinished list.
        rejected_lists: lists that are rejected within an hour.
    """

    duration_percent: int = between(1, 99, 80)
    queue_age_minutes: int = between(1, 7 * 24 * 60 - 1, 60)
    stream_age_minutes: int = between(1, 24 * 60 - 1, 15)
    unfinished_list_minutes: int = between(1, 24 * 60, 60)
    rejected_lists: int = between(0, 1000, 3)
