"""Schedules of releases by their seeds."""

from random import Random

from ..outcome import Outcome
from .scenario import drawn, with_persons
from .world import drawn_profile, play


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed; violations of ``known`` are passed over."""
    random = Random(seed)  # noqa: S311
    scenario, profile = drawn(random), drawn_profile(random)
    return play(seed, with_persons(scenario, random), profile, known=known)
