"""Schedules of reactions by their seeds."""

from random import Random

from ..outcome import Outcome
from . import scenario
from .world import play


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed; violations of ``known`` are passed over."""
    random = Random(seed)  # noqa: S311
    return play(seed, scenario.drawn(random), scenario.profile_of(random), known=known)
