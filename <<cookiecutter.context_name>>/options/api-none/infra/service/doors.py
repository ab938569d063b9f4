"""The doors that callers have besides a function's invocation: there is none.

The program asks here for what there is. Another door of your own, an event bus say, has its place here, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Self

from infra.alerts import Alerts
from infra.components.release import Release
from infra.config import Source
from infra.dashboards.grid import Section
from infra.labels import Labels
from infra.logs import Logs

SETTINGS: Final[frozenset[str]] = frozenset()
"""The names of their settings."""


@dataclass(frozen=True)
class Opened:
    """What there is once they are open: an output of the stack, and sections of its dashboards."""

    api: None = None
    sections: Mapping[str, Sequence[Section]] = field(default_factory=dict)


@dataclass(frozen=True)
class Doors:
    """What a stack says of them."""

    @classmethod
    def from_config(cls, _config: Source) -> Self:
        """Read nothing."""
        return cls()

    def open(self, _labels: Labels, _logs: Logs, _alerts: Alerts, _releases: Mapping[str, Release]) -> Opened:
        """Open none."""
        return Opened()
