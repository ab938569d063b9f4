"""The writers of a list's parts: an invocation may outlive the execution that started it.

Step Functions may lose its connection to Lambda. The invocation then writes on, while another one writes the same part
or the list is undone. Lambda stops it at the end of its time, which the list's record stores for each part.
"""

import time
from typing import Final

from .deadline import seconds_left, seconds_to_spare
from .ports import Throttled

LONGEST_CALL: Final = 900
"""The maximum duration of a Lambda call in seconds (AWS limit)."""

MARGIN: Final = 15
"""Seconds after a writer's end: the clocks of two functions differ, and its last request may still be in transit.

Lambda keeps clocks by the Amazon Time Sync Service, within a second.
"""


def latest_end() -> int:
    """Return the latest possible end of this call, in seconds since 1970."""
    return int(time.time() + min(seconds_left(), LONGEST_CALL)) + 1


def await_end(until: int) -> None:
    """Wait until an earlier writer, whose time ends at ``until`` (seconds since 1970), cannot write any more.

    Raises:
        Throttled: this call's own time is too short for that. The workflow retries later.
    """
    wait = until + MARGIN - time.time()
    if wait > seconds_to_spare():
        raise Throttled("an earlier call may still write this part")
    if wait > 0:
        time.sleep(wait)
