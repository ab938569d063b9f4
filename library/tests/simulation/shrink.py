"""Shortens a failing schedule: fewer lists and commands, fewer faults, fewer switches, the same violated invariant."""

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any, Final

from .scenario import Scenario
from .scheduler import Key
from .world import Outcome, play

Choices = dict[Key, Any]

_SECONDS: Final = 60.0


class Shrinker:
    """Keeps the smallest schedule that violates the invariant. ``seconds`` limits the search."""

    def __init__(self, found: Outcome, seconds: float = _SECONDS, known: frozenset[str] = frozenset()) -> None:
        assert found.violation is not None
        self._known = known
        self._name = found.violation.name
        self._until = perf_counter() + seconds
        self.best = found

    def run(self) -> Outcome:
        """Return the shrunk schedule."""
        self._try(self.best.scenario, dict(self.best.choices))
        before = None
        while before != (before := self._size()) and perf_counter() < self._until:
            self._scenario()
            self._choices()
        return self.best

    def _size(self) -> tuple[int, int, int]:
        return self.best.scenario.pieces(), len(self.best.choices), len(self.best.trace)

    def _try(self, scenario: Scenario, choices: Choices) -> bool:
        if perf_counter() > self._until:
            return False
        found = play(self.best.seed, scenario, self.best.profile, choices, self._known, self.best.world)
        if found.violation is None or found.violation.name != self._name:
            return False
        self.best = found
        return True

    def _scenario(self) -> None:
        number = 0
        while number < self.best.scenario.pieces():
            if not self._try(self.best.scenario.without(number), self.best.choices):
                number += 1
        for change in _SIMPLER:
            self._try(change(self.best.scenario), self.best.choices)
        for number in range(len(self.best.scenario.uploads)):
            self._rows(number)

    def _rows(self, number: int) -> None:
        at = 0
        while at < len(self.best.scenario.uploads[number].rows) > 1:
            uploads = list(self.best.scenario.uploads)
            rows = uploads[number].rows
            uploads[number] = replace(uploads[number], rows=rows[:at] + rows[at + 1 :])
            if not self._try(replace(self.best.scenario, uploads=tuple(uploads)), self.best.choices):
                at += 1

    def _choices(self) -> None:
        """Remove choices by halves, quarters and so on (Zeller's ddmin)."""
        size = max(1, len(self.best.choices) // 2)
        while size:
            at = 0
            while at < len(self.best.choices):
                keys = sorted(self.best.choices, key=str)
                dropped = set(keys[at : at + size])
                left = {key: value for key, value in self.best.choices.items() if key not in dropped}
                if not self._try(self.best.scenario, left):
                    at += size
            size //= 2


_SIMPLER: Final[tuple[Callable[[Scenario], Scenario], ...]] = (
    lambda scenario: replace(scenario, existing=()),
    lambda scenario: replace(scenario, settings=scenario.settings[:1]),
    lambda scenario: replace(scenario, uploads=tuple(replace(one, at=0.0) for one in scenario.uploads)),
    lambda scenario: replace(scenario, uploads=tuple(replace(one, announced=(0.0,)) for one in scenario.uploads)),
    lambda scenario: replace(scenario, orders=tuple(replace(one, copies=1) for one in scenario.orders)),
    lambda scenario: replace(scenario, concurrency=1),
    lambda scenario: replace(scenario, chunk=1000, at_once=25, transaction=100),
)


def shrunk(found: Outcome, seconds: float = _SECONDS, known: frozenset[str] = frozenset()) -> Outcome:
    """Return the shortest schedule that was found to violate the same invariant. The patches have to be installed."""
    return Shrinker(found, seconds, known).run()
