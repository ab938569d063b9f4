"""Schedules of releases by their seeds."""

from random import Random

from ..outcome import Outcome
from .scenario import drawn
from .world import drawn_profile, play


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed; violations of ``known`` are passed over."""
    random = Random(seed)  # noqa: S311
    return play(seed, drawn(random), drawn_profile(random), known=known)
