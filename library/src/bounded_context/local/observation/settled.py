"""The samples of a run whose functions have come to rest: what a function measured is known when its call is over."""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..dashboards.asked import OF_AWS
from .observation import collect
from .samples import Sample

if TYPE_CHECKING:
    from ..running import RunningContext

QUIET_SECONDS = 2.0
LONGEST_SECONDS = 30.0


def settled(
    running: "RunningContext", quiet: float = QUIET_SECONDS, longest: float = LONGEST_SECONDS
) -> Sequence[Sample]:
    """Return all samples, once the context's own are the same for `quiet` seconds, or after the `longest` time.

    AWS's own do not count: queues are measured without end.
    """
    end, samples = time.monotonic() + longest, collect(running).samples
    while time.monotonic() < end:
        time.sleep(quiet)
        before, samples = samples, collect(running).samples
        if _own(samples) == _own(before):
            break
    return samples


def _own(samples: Sequence[Sample]) -> int:
    return sum(not one.namespace.startswith(OF_AWS) for one in samples)
