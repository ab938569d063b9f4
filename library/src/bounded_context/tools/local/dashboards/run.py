"""The dashboards page of a run."""

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
    """Write a page with the deployed dashboards and the samples from `started` (seconds since 1970) until now.

    `what` describes the run in the head of the page.
    """
    about = About(f"Dashboards of {running.context.name}, stack {STACK}", what, running.stand_ins)
    recorded = Recorded(samples, started, time.time())
    definitions = [inputs for label, inputs in running.deployment.inputs.items() if label.startswith(_ALARM)]
    states = stored.alarm_states(running.aws) | alarms.states(definitions, recorded)
    file.write_text(page(about, stored.bodies(running.aws), recorded, states), encoding="utf-8")
