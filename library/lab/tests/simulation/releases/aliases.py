"""Simulated Lambda functions and a state machine: versions, aliases, and the history of each alias."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..services.client_errors import refused


@dataclass(frozen=True)
class Routed:
    """The versions behind an alias: percentages by version number."""

    weights: Mapping[int, float]

    @property
    def split(self) -> bool:
        """Whether two versions share the traffic."""
        return len(self.weights) > 1

    @property
    def live(self) -> int:
        """The version of an alias without a shift; the older one of a shift."""
        return min(self.weights)


@dataclass(frozen=True)
class Change:
    """One change of an alias. ``by`` is a deployment's id, ``rollback``, or a driver's name."""

    at: float
    part: str
    before: Routed
    after: Routed
    by: str
    description: str = ""


@dataclass
class Alias:
    """An alias of a function or of the state machine. ``note`` is the state machine alias's description."""

    part: str
    routed: Routed = field(default_factory=lambda: Routed({1: 100}))
    revision: int = 0
    changed: float = 0.0
    note: str = ""
    newest: int = 1
    removed: bool = False


class Aliases:
    """All aliases of the stack. ``watchers`` see each change right after it."""

    def __init__(self, parts: tuple[str, ...], now: Callable[[], float]) -> None:
        self.of = {part: Alias(part) for part in parts}
        self.history: list[Change] = []
        self.watchers: list[Callable[[Change], None]] = []
        self._now = now

    def get(self, part: str, operation: str) -> Alias:
        """Return an alias. Raises ClientError if it is removed."""
        alias = self.of.get(part)
        if alias is None or alias.removed:
            raise refused(operation, "ResourceNotFoundException", f"Cannot find {part}", 404)
        return alias

    def move(self, part: str, weights: Mapping[int, float], by: str, note: str = "") -> None:
        """Route an alias."""
        alias = self.of[part]
        change = Change(self._now(), part, alias.routed, Routed(dict(weights)), by, note)
        alias.routed, alias.note, alias.changed = change.after, note, change.at
        alias.revision += 1
        self.history.append(change)
        for watch in self.watchers:
            watch(change)


def routing(alias: Alias) -> dict[str, Any]:
    """Return Lambda's answer about an alias: the older version, and the share of the newer one."""
    shares = {
        str(number): weight / 100 for number, weight in alias.routed.weights.items() if number != alias.routed.live
    }
    answer: dict[str, Any] = {"FunctionVersion": str(alias.routed.live), "RevisionId": str(alias.revision)}
    return answer | ({"RoutingConfig": {"AdditionalVersionWeights": shares}} if shares else {})
