"""The page of one run."""

import time
from collections.abc import Iterable
from pathlib import Path

from ..context import STACK, STAND_INS, RunningContext
from ..observation.samples import Sample
from . import stored
from .page import About, page
from .series import Recorded
from infra.context import CONTEXT


def draw(context: RunningContext, samples: Iterable[Sample], started: float, what: str, file: Path) -> None:
    """Write the deployed dashboards into a file, with what was measured since a time (seconds since 1970) until now.

    `what` says what was run.
    """
    about = About(f"Dashboards of {CONTEXT}, stack {STACK}", what, STAND_INS)
    recorded = Recorded(samples, started, time.time())
    file.write_text(page(about, stored.bodies(context.aws), recorded, stored.alarm_states(context.aws)))
