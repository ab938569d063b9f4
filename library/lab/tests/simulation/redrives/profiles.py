"""Fault profiles of redrives."""

from random import Random
from typing import Final

from .. import profile
from ..profile import Profile

_FAULTS: Final = (
    *(profile.UNANSWERED, profile.LATE, profile.FAILED, profile.THROTTLED),
    *(profile.KILLED_BEFORE, profile.KILLED_AFTER, profile.IN_FLIGHT),
)


def drawn(random: Random) -> Profile:
    """Return a profile: three of ten have no injected fault."""
    switch = random.choice((0.03, 0.1, 0.3, 0.6))
    if random.random() < 0.3:
        return Profile(switch=switch, slow=random.choice((0.0, 0.0, 0.05)))
    kinds = random.sample(_FAULTS, random.choice((1, 1, 2, 3)))
    rate = random.choice((0.02, 0.06, 0.15))
    return Profile(
        switch=switch,
        faults=dict.fromkeys(kinds, rate / len(kinds)),
        budget=random.choice((1, 3, 12, 60)),
        streak=random.choice((0.2, 0.6)),
        slow=random.choice((0.0, 0.02)),
        stall=random.choice((0.0, 0.0, 0.02, 0.1)),
        longest=random.choice((5.0, 400.0, 900.0)),
        lost=random.choice((0.0, 0.0, 0.1)),
    )
