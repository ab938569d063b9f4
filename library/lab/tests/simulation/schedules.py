"""Schedules by their seeds: run one, or search many for a violation."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from . import profile, scenario
from .outcome import Outcome
from .world import play

Run = Callable[..., Outcome]
_ABORTED: Final = 0.5
"""The rate of aborts after an import in a schedule whose lists are closed by the command."""


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed; violations of ``known`` are passed over."""
    random = Random(seed)  # noqa: S311
    chosen = scenario.drawn(random)
    faults = profile.drawn(random, heavy=chosen.heavy)
    # An execution that is aborted leaves an open list.
    faults = replace(faults, abort_written=_ABORTED) if chosen.closed else faults
    return play(seed, chosen, faults, known=known)


def failing(seeds: Iterable[int], known: frozenset[str] = frozenset(), run: Run = run) -> Iterator[Outcome]:
    """Yield the schedules that violate an invariant. ``run`` runs the schedule of a seed."""
    return (outcome for outcome in (run(seed, known) for seed in seeds) if outcome.violation is not None)


def search(seeds: Iterable[int], run: Run = run) -> Outcome | None:
    """Return the first schedule that violates an invariant, or None."""
    return next((outcome for outcome in map(run, seeds) if outcome.violation is not None), None)
