"""Schedules of requests by their seeds."""

from random import Random
from typing import Final

from .. import profile
from ..profile import Profile
from ..world import Outcome, play
from . import scenario
from .world import RequestsWorld


def run(seed: int, known: frozenset[str] = frozenset()) -> Outcome:
    """Run the schedule of a seed. The patches have to be installed; violations of ``known`` are passed over."""
    random = Random(f"requests:{seed}")  # noqa: S311
    chosen = scenario.drawn(random)
    faults = _killed(random) if chosen.visits and random.random() < _KILLED else profile.drawn(random)
    return play(seed, chosen, faults, known=known, kind=RequestsWorld)


_KILLED: Final = 0.2
"""The share of schedules with commands in which functions of commands end after a write."""


def _killed(random: Random) -> Profile:
    return Profile(
        faults={profile.KILLED_AFTER: 0.2},
        budget=random.choice((1, 2, 4)),
        switch=random.choice((0.03, 0.1, 0.3)),
        targets=("register_payment", "verify_payment", "delete_payment"),
    )
