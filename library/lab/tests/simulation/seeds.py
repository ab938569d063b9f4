"""Schedules that violated an invariant, each with the finding's name. Each test run plays them on the code as it is."""

from typing import Final

SEEDS: Final[dict[str, int]] = {
    "a command compares versions alone": 203_986,
    "a created item is changed before its request is repeated": 9_009_253,
    "a key is locked for its function's time alone": 1_060_084,
    "a late step replaces the report": 201_591,
    "a list is validated in any status": 200_240,
    "a list is verified in any status": 200_021,
    "a report without rejections is not written": 200_002,
    "a row whose blocker vanished counts as imported": 201_256,
    "a status is written without a condition": 200_021,
    "an execution whose list is taken is not recorded": 2_004_390,
    "an imported list is undone": 200_257,
    "an undo's transaction is repeated once": 200_002,
    "attempts of a step share a folder": 200_172,
    "commands change rows of open lists": 201_320,
    "keys of idempotency count for nothing": 200_394,
    "late events of others count": 200_012,
    "nobody waits for an earlier writer": 202_555,
    "nothing is undone": 200_002,
    "parts are not counted at the end": 200_090,
    "refused events are left out": 200_010,
    "the last row of a request is lost": 200_007,
    "two changes of an aggregate are sent at once": 201_462,
}
"""Seeds by the finding's name, which is also the name of the fault in `planted` that brings the finding back.

A seed draws another schedule after a change of `scenario.drawn` or `profile.drawn`. Search with the planted fault then,
and replace the seed.
"""
