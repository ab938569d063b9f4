"""Schedules of releases that violated an invariant. Each test run plays them on the code as it is."""

from typing import Final

SEEDS: Final[dict[str, int]] = {
    "a way back stops a release that began after it": 201_684,
    "a function whose last hook was stopped stays as it is": 10_816,
    "overlapping releases have an order by their beginnings": 10_585,
    "a deployment succeeds while its run gives up": 16_526,
    "a run that could not read a function begins a release of its own": 22_175,
    "a deployment that the survey saw fails before the next look": 1_006_594,
    "another run's version is taken back while a release waits for it": 1_002_038,
}
"""A seed draws another schedule after a change of `scenario.drawn` or `world.drawn_profile`."""
