"""The names of a stack's resources, for its dashboards."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.declaration.measures import Measures

from .grid import Section


@dataclass(frozen=True)
class Names:
    """The names of a stack's resources, as the dimensions of their metrics contain them, and its targets.

    `alarms` maps a severity to ARNs, the most urgent first. `functions` maps a heading to functions. `queues` and
    `dead_letters` map a purpose to a queue, `rules` an event to a rule. `inbound` is the queue of other contexts'
    events. `machine_arn` is None without
    lists, `server` without SFTP. `endpoints` maps a dashboard to sections of endpoints, such as the HTTP API.
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
    machine_arn: str | None
    rules: Mapping[str, str]
    server: str | None
    table: str
    operations: Sequence[str]
    readers: Sequence[str]
    topic: str
    queues: Mapping[str, str]
    inbound: str
    dead_letters: Mapping[str, str]
    endpoints: Mapping[str, Sequence[Section]]

    @property
    def service(self) -> dict[str, str]:
        """The dimension of all metrics of the context."""
        return {"service": self.context.name}

    @property
    def measures(self) -> Measures:
        """The metrics of the context."""
        return self.context.measures

    def part(self, name: str) -> str:
        """Return a name without the stack's prefix, for a legend."""
        return name.removeprefix(f"{self.prefix}-")
