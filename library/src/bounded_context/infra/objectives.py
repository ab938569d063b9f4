"""What a stack promises, and how fast the room for failures may be used up (service level objectives).

Windows and rates are the first two of Google's SRE workbook, "Alerting on SLOs", 5: multiple burn rate alerts. What is
left of a month's budget is used up in two days at a rate of 14.4, in five days at a rate of 6. A second, short window,
which says sooner that a failure is over, would be two alarms more for each; without it that takes the window's time.
"""

from dataclasses import dataclass
from typing import Final

from .alerts import Severity
from .config import between

LEAST_PERCENT: Final = 95.0
"""With a promise below it, not even the failure of everything would use up the budget 14.4 times too fast for long."""


@dataclass(frozen=True)
class Objectives:
    """`import_percent` of the lists are closed within `import_minutes`; `command_percent` of the commands are answered.

    A refusal is an answer: what fails is what raises an error, or is throttled.
    """

    import_minutes: int = between(1, 24 * 60, 15)
    import_percent: float = between(LEAST_PERCENT, 99.99, 99.0)
    command_percent: float = between(LEAST_PERCENT, 99.999, 99.9)


@dataclass(frozen=True)
class Burn:
    """A rate at which the budget must not be used up, over a window in minutes."""

    name: str
    rate: float
    window: int
    severity: Severity


BURNS: Final = (Burn("fast", 14.4, 60, "critical"), Burn("slow", 6, 360, "warning"))
