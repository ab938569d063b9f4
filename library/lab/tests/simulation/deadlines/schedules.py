"""Schedules of deadlines by their seeds."""

from dataclasses import replace
from random import Random

from .. import profile
from ..outcome import Outcome
from ..profile import Profile
from . import scenario
from .world import play


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed; violations of ``known`` are passed over."""
    random = Random(f"deadlines:{seed}")  # noqa: S311
    chosen = scenario.drawn(random)
    faults = _faults(random)
    if chosen.uploads and random.random() < _OPEN:
        faults = replace(faults, abort_written=0.5)
    return play(seed, chosen, faults, known=known)


_OPEN = 0.4
"""The share of schedules with a list whose execution is aborted after its import: the list stays open until the end."""


def _faults(random: Random) -> Profile:
    """Return a profile whose faults, in half of the faulty schedules, are those of passes alone."""
    faults = profile.drawn(random)
    if faults.faults and random.random() < 0.5:
        return replace(faults, targets=("meet_deadlines",), abort=0.0, budget=random.choice((2, 4, 12, 40)))
    return faults
