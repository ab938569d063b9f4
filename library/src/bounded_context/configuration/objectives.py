"""The service level objectives of a stack, and the burn rates that set off their alarms.

Windows and rates are the first two of Google's SRE workbook, "Alerting on SLOs", 5: multiple burn rate alerts. A rate
of 14.4 uses up a month's error budget in two days, a rate of 6 in five days. A second, short window would end an alarm
sooner, but needs two more alarms for each objective. Without it, an alarm ends a window after the failure.
"""

from dataclasses import dataclass
from typing import Final

from .alarms import Severity
from .config import between

LEAST_PERCENT: Final = 95.0
"""With a lower objective, even a complete failure would not exceed a burn rate of 14.4 for long."""


@dataclass(frozen=True)
class Objectives:
    """`import_percent` of the lists are closed within `import_minutes`; `command_percent` of the commands are answered.

    A rejection is an answer. Errors and throttled calls are failures.
    """

    import_minutes: int = between(1, 24 * 60, 15)
    import_percent: float = between(LEAST_PERCENT, 99.99, 99.0)
    command_percent: float = between(LEAST_PERCENT, 99.999, 99.9)


@dataclass(frozen=True)
class Burn:
    """A burn rate of the error budget that sets off an alarm; `window` is in minutes."""

    name: str
    rate: float
    window: int
    severity: Severity


BURNS: Final = (Burn("fast", 14.4, 60, "critical"), Burn("slow", 6, 360, "warning"))
