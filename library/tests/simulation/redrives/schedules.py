"""Schedules of redrives by their seeds: run one, search many for a violation, shrink, and show."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from random import Random
from time import perf_counter, process_time
from typing import Any, Final

from .. import shrink
from . import profiles, scenario
from .scenario import Scenario
from .world import Outcome, play


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed; violations of ``known`` are passed over."""
    random = Random(seed)  # noqa: S311
    return play(seed, scenario.drawn(random), profiles.drawn(random), known=known)


def failing(seeds: Iterable[int], known: frozenset[str] = frozenset()) -> Iterator[Outcome]:
    """Yield the schedules that violate an invariant."""
    return (outcome for outcome in (run(seed, known) for seed in seeds) if outcome.violation is not None)


def search(seeds: Iterable[int], seconds: float) -> Outcome | None:
    """Return the first schedule that violates an invariant, or None if none does within this processor time."""
    until = process_time() + seconds
    for seed in seeds:
        outcome = run(seed)
        if outcome.violation is not None:
            return outcome
        if process_time() > until:
            return None
    return None


_SIMPLER: Final[tuple[Callable[[Scenario], Scenario], ...]] = (
    lambda one: replace(one, slow=0.0),
    lambda one: replace(one, consumer=0.0),
    lambda one: replace(one, ordered=True),
    lambda one: replace(one, in_flight=120_000),
    lambda one: replace(one, letters=tuple(replace(letter, at=0.0, hidden=0.0, copies=1) for letter in one.letters)),
    lambda one: replace(one, letters=tuple(replace(letter, poison=False) for letter in one.letters)),
    lambda one: replace(one, persons=tuple(replace(person, at=0.0, skew=0.0) for person in one.persons)),
    lambda one: replace(one, persons=tuple(replace(person, most=None, stop=0.0) for person in one.persons)),
)


class _Shrinker(shrink.Shrinker):
    """Shortens schedules of redrives."""

    best: Any

    def _try(self, scenario: Any, choices: shrink.Choices) -> bool:
        if perf_counter() > self._until:
            return False
        found = play(self.best.seed, scenario, self.best.profile, choices, self._known)
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


def shrunk(found: Outcome, seconds: float = 60.0, known: frozenset[str] = frozenset()) -> Outcome:
    """Return the shortest schedule that was found to violate the same invariant. The patches have to be installed."""
    outcome: Any = found
    return _Shrinker(outcome, seconds, known).run()  # pyright: ignore[reportReturnType]


def told(outcome: Outcome) -> str:
    """Return the report of a schedule."""
    return "\n".join(_lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    one = outcome.scenario
    yield f"seed {outcome.seed}: {outcome.violation or 'every invariant holds'}"
    yield f"  {one.kind}, {one.slow} s for each delivery, {one.in_flight} in flight, consumer {one.consumer} s"
    yield f"  {one.page} uploads in an answer, {'oldest messages first' if one.ordered else 'messages in any order'}"
    yield from (f"  {letter}" for letter in one.letters)
    yield from (f"  {person}" for person in one.persons)
    yield f"  exit statuses {outcome.statuses}"
    yield f"  {len(outcome.choices)} choices: {sorted(outcome.choices.items(), key=str)[:40]}"
    for at, activity, call, result in outcome.trace:
        yield f"  {at:9.2f}  {activity:30}  {call:70}  {result}"
