"""How a stack's alarms notify: whom, in which words, and which alarms there are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

import pulumi

from .thresholds import Thresholds

RUNBOOK: Final = "uv run just docs runbook"
"""Prints the library's runbook, in a context's repository; with a section's name that section."""

Severity = Literal["critical", "warning"]
"""`critical` wakes somebody; `warning` is looked at in office hours."""


@dataclass(frozen=True)
class Notice:
    """What an alarm tells: how urgent it is, what it means for whom, and the runbook's section that says what to do."""

    severity: Severity
    says: str
    section: str


Wanted = Literal["all", "critical", "none"]
"""Which alarms a stack has."""


@dataclass(frozen=True)
class DeadLetters:
    """A dead-letter queue: its name within the stack and in AWS, and how urgent it is if it holds something."""

    name: str
    queue_name: pulumi.Output[str]
    severity: Severity


@dataclass(frozen=True)
class Told:
    """An alarm that tells a topic."""

    name: pulumi.Output[str]
    severity: Severity


@dataclass(frozen=True)
class Alerts:
    """Handed to whatever makes alarms; remembers in `told` those that were made, in `dead_letters` what one is due on.

    Where `wanted` is "critical", warnings are left out, and where it is "none", all of them.
    """

    topics: Mapping[Severity, pulumi.Input[str]]
    runbook_url: str
    thresholds: Thresholds
    wanted: Wanted = "all"
    told: list[Told] = field(default_factory=list)
    dead_letters: list[DeadLetters] = field(default_factory=list)

    def wants(self, severity: Severity) -> bool:
        """Whether the stack has alarms of this severity."""
        return self.wanted == "all" or severity == self.wanted

    def description(self, notice: Notice) -> str:
        """The alarm's description; its last words are what a person follows or types at night."""
        told = f"{self.runbook_url}#{notice.section}" if self.runbook_url else f"{RUNBOOK} {notice.section}"
        return f"{notice.says} Runbook: {told}"

    def remember(self, name: pulumi.Output[str], severity: Severity) -> None:
        """Keep in mind that the alarm `name` tells the topic of `severity`."""
        self.told.append(Told(name, severity))

    def names(self, severity: Severity) -> pulumi.Output[list[str]]:
        """The alarms made so far that have this severity, sorted: the order in which they are made changes nothing."""
        return pulumi.Output.all(*(told.name for told in self.told if told.severity == severity)).apply(sorted)
