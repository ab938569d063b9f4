"""The page of one run."""

import time
from collections.abc import Iterable
from pathlib import Path

from ..observation.samples import Sample
from ..running import RunningContext
from ..stack import STACK
from . import alarms, stored
from .page import About, page
from .series import Recorded

_ALARM = "aws:cloudwatch/metricAlarm:"


def draw(running: RunningContext, samples: Iterable[Sample], started: float, what: str, file: Path) -> None:
    """Write the deployed dashboards into a file, with what was measured since a time (seconds since 1970) until now.

    `what` says what was run.
    """
    about = About(f"Dashboards of {running.context.name}, stack {STACK}", what, running.stand_ins)
    recorded = Recorded(samples, started, time.time())
    asked = [one for label, one in running.deployment.inputs.items() if label.startswith(_ALARM)]
    states = stored.alarm_states(running.aws) | alarms.states(asked, recorded)
    file.write_text(page(about, stored.bodies(running.aws), recorded, states), encoding="utf-8")
