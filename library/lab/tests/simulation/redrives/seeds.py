"""Schedules that violated an invariant, each with the finding's name. Each test run plays them on the code as it is."""

from typing import Final

SEEDS: Final[dict[str, int]] = {
    "a late deletion is not named": 200_592,
    "a late deletion of a second message ends the run": 3_028_987,
    "a lost answer hides messages": 200_068,
    "a message is delivered however long it waited": 200_034,
    "a run ends when all visible messages were seen": 204_140,
    "a message that another reader deleted too is counted as this run's own": 3_044_044,
    "messages of other readers are not counted": 200_008,
    "the first answer has all uploads": 200_006,
}
"""Seeds by the finding's name. The planted faults of `planted` bring most of the findings back.

A seed draws another schedule after a change of `scenario.drawn` or `profiles.drawn`. Search with the planted fault
then, and replace the seed.
"""
