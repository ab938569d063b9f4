"""Schedules that violated an invariant, each with the finding's name. Each test run plays them on the code as it is."""

from typing import Final

SEEDS: Final[dict[str, int]] = {"a payment is released that an older release has changed": 5962}
"""Seeds by the finding's name. A seed draws another schedule after a change of `scenario.drawn` or `profile.drawn`."""
