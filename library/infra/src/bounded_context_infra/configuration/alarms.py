"""The alarms of a stack: severities, thresholds, and the service level objectives with their burn rates.

Windows and rates are the first two of Google's SRE workbook, "Alerting on SLOs", 5: multiple burn rate alerts. A rate
of 14.4 uses up a month's error budget in two days, a rate of 6 in five days. A second, short window would end an alarm
sooner, but needs two more alarms for each objective. Without it, an alarm ends a window after the failure.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from .schema import Members, within

RUNBOOK: Final = "uv run context docs runbook"
"""The command that prints the library's runbook, or the section of it that an argument names."""

Severity = Literal["critical", "warning"]
"""`critical` pages a person at any hour; `warning` waits for office hours."""

Wanted = Literal["all", "critical", "none"]
"""The alarms that a stack has."""


@dataclass(frozen=True)
class Thresholds(Members):
    """The values that must be exceeded to set off an alarm."""

    duration_percent: Annotated[int, within(1, 99)] = 80
    """Duration of a call, as a percentage of the function's timeout."""
    queue_age_minutes: Annotated[int, within(1, 7 * 24 * 60 - 1)] = 60
    """Age of the oldest message of a queue, which stores messages for 7 days."""
    stream_age_minutes: Annotated[int, within(1, 24 * 60 - 1)] = 15
    """Age of the oldest change in the table's stream, which stores changes for a day."""
    unfinished_list_minutes: Annotated[int, within(1, 24 * 60)] = 60
    """Age of the oldest unfinished list."""
    rejected_lists: Annotated[int, within(0, 1000)] = 3
    """Lists that are rejected within an hour."""


LEAST_PERCENT: Final = 95.0
"""With a lower objective, even a complete failure would not exceed a burn rate of 14.4 for long."""


@dataclass(frozen=True)
class Objectives(Members):
    """The service level objectives. A rejection is an answer. Errors and throttled calls are failures."""

    import_minutes: Annotated[int, within(1, 24 * 60)] = 15
    """Minutes within which a list is closed."""
    import_percent: Annotated[float, within(LEAST_PERCENT, 99.99)] = 99.0
    """Percentage of the lists that are closed within these minutes."""
    command_percent: Annotated[float, within(LEAST_PERCENT, 99.999)] = 99.9
    """Percentage of the commands that are answered."""


@dataclass(frozen=True)
class Burn:
    """A burn rate of the error budget that sets off an alarm; `window` is in minutes."""

    name: str
    rate: float
    window: int
    severity: Severity


BURNS: Final = (Burn("fast", 14.4, 60, "critical"), Burn("slow", 6, 360, "warning"))
