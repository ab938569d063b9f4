"""Schedules of requests that violated an invariant, each with the planted fault that brings the finding back."""

from typing import Final

SEEDS: Final[dict[str, int]] = {
    "a tag is the version alone": 200_077,
}
"""Seeds by the finding's name, which is also the name of the fault in ``planted``.

A seed draws another schedule after a change of ``scenario.drawn``. Search with the planted fault then, and replace the
seed.
"""
