"""Shortens a failing schedule: fewer pieces, fewer faults, fewer switches, the same violated invariant."""

from collections.abc import Iterable
from time import perf_counter
from typing import Any, Final

from .outcome import Choices, Outcome

_SECONDS: Final = 60.0


class Shrinker:
    """Keeps the smallest schedule that violates the invariant. ``seconds`` limits the search."""

    def __init__(self, outcome: Outcome, seconds: float = _SECONDS, known: frozenset[str] = frozenset()) -> None:
        assert outcome.violation is not None
        self._known = known
        self._name = outcome.violation.name
        self._until = perf_counter() + seconds
        self.best = outcome

    def run(self) -> Outcome:
        """Return the shrunk schedule."""
        self._try(self.best.scenario, dict(self.best.choices))
        before = None
        while before != (before := self._size()) and perf_counter() < self._until:
            while self._any(self.best.scenario.without()):
                pass
            self._any(self.best.scenario.simpler())
            self._choices()
        return self.best

    def _size(self) -> tuple[str, int, int]:
        return str(self.best.scenario), len(self.best.choices), len(self.best.trace)

    def _any(self, scenarios: Iterable[Any]) -> bool:
        return any(self._try(scenario, dict(self.best.choices)) for scenario in scenarios)

    def _try(self, scenario: Any, choices: Choices) -> bool:
        if perf_counter() > self._until:
            return False
        outcome = self.best.play(scenario, choices, self._known)
        if outcome.violation is None or outcome.violation.name != self._name:
            return False
        self.best = outcome
        return True

    def _choices(self) -> None:
        """Remove choices by halves, quarters and so on (Zeller's ddmin)."""
        size = max(1, len(self.best.choices) // 2)
        while size:
            at = 0
            while at < len(self.best.choices):
                keys = sorted(self.best.choices, key=str)
                dropped = set(keys[at : at + size])
                remaining = {key: value for key, value in self.best.choices.items() if key not in dropped}
                if not self._try(self.best.scenario, remaining):
                    at += size
            size //= 2


def shrunk(outcome: Outcome, seconds: float = _SECONDS, known: frozenset[str] = frozenset()) -> Outcome:
    """Return the shortest schedule that was found to violate the same invariant. The patches have to be installed."""
    return Shrinker(outcome, seconds, known).run()
