"""Schedules of requests that violated an invariant, each with the planted fault that brings the finding back."""

from typing import Final

SEEDS: Final[dict[str, int]] = {
    "a change moves a row to another key": 200_227,
    "a command compares versions alone": 200_106,
    "a late event brings any version": 200_045,
    "a list is counted when its undo begins": 200_006,
    "a lost answer is taken for a conflict": 200_003,
    "a page leaves out the rest of a shard": 200_011,
    "a tag is the version alone": 200_471,
    "an attempt does not know the effect of an earlier one": 200_003,
    "an import loses the newer one's field": 200_015,
    "an older version loses the newer one's field": 200_108,
    "failed messages are not delivered again": 200_048,
    "no second event is awaited": 200_049,
    "remains of a broken upload are a file": 200_049,
}
"""Seeds by the finding's name, which is also the name of the fault in ``planted``.

A seed draws another schedule after a change of ``scenario.drawn`` or ``schedules.run``. Search with the planted fault
then, and replace the seed.
"""

FOUND: Final[dict[str, int]] = {
    "a registration takes effect again after a removal": 1_006_210,
    "a tag is held of a registration that takes effect again": 1_021_139,
}
"""Seeds that violated an invariant that was too strict."""
