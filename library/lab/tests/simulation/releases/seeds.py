"""Schedules of releases in which a planted fault is found. Each test run plays them on the code as it is."""

from typing import Final

SEEDS: Final[dict[str, int]] = {
    "a deployment is created from any version": 200_194,
    "a failed deployment counts if the alias is at its target": 200_015,
    "a live version's failed deployment is forgotten": 200_108,
    "a release that had not ended stays": 200_233,
    "a run that gives up does not look once more": 200_030,
    "a shift that nothing continues counts as success": 200_009,
    "a version that failed before is deployed again": 200_050,
    "a version that failed meanwhile is deployed again": 200_666,
    "a version that was taken back is released again": 200_895,
    "a way back does not mark the state machine": 202_486,
    "a way back ends a release that began after it": 200_295,
    "an alias that changed is put back": 200_296,
    "each earlier release counts as unfinished": 200_005,
    "releases are ordered by the drivers' clocks": 200_005,
    "the newest definition is read after the functions' shift": 200_058,
}
"""Seeds by the name of the fault in `planted` that they find.

A seed draws another schedule after a change of `scenario.drawn` or `world.drawn_profile`. Search with the planted fault
then, and replace the seed.
"""
