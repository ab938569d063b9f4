"""What a dashboard must know of a stack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...context import Context
from ...measures import Measures
from .grid import Section


@dataclass(frozen=True)
class Names:
    """The names of a stack's resources, as their metrics' dimensions want them, and its targets.

    `alarms` maps a severity to ARNs, the most urgent first. `functions` maps a heading to functions, `queues` and
    `dead_letters` map what they are for to queues, `rules` what they wait for to rules. `inbound` is the queue of
    other contexts' events. `server` is None without SFTP.
    `doors` maps a dashboard to what the doors, besides invocation, show on it.
    """

    context: Context[Any]
    prefix: str
    alias: str
    region: str
    runbook: str
    target_seconds: int
    alarms: Mapping[str, Sequence[str]]
    functions: Mapping[str, Sequence[str]]
    log_groups: Sequence[str]
    machine_arn: str
    rules: Mapping[str, str]
    server: str | None
    table: str
    operations: Sequence[str]
    readers: Sequence[str]
    topic: str
    queues: Mapping[str, str]
    inbound: str
    dead_letters: Mapping[str, str]
    doors: Mapping[str, Sequence[Section]]

    @property
    def service(self) -> dict[str, str]:
        """The dimension that all metrics of our own have."""
        return {"service": self.context.name}

    @property
    def measures(self) -> Measures:
        """Our own metrics."""
        return self.context.measures

    def part(self, name: str) -> str:
        """What is left of a name without the prefix that all have: enough of it for a legend."""
        return name.removeprefix(f"{self.prefix}-")
