"""Schedules that once violated an invariant, each with the finding's name. They are run by each test run."""

from typing import Final

SEEDS: Final[dict[str, int]] = {}
"""Seeds by the finding's name. A seed draws another schedule once `scenario.drawn` or `profile.drawn` changes: find
the finding again then, with its planted fault, and replace the seed."""
