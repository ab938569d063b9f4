"""Schedules of requests by their seeds."""

from random import Random

from .. import profile
from ..world import Outcome, play
from . import scenario
from .world import RequestsWorld


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed; violations of ``known`` are passed over."""
    random = Random(f"requests:{seed}")  # noqa: S311
    chosen = scenario.drawn(random)
    return play(seed, chosen, profile.drawn(random), known=known, kind=RequestsWorld)
