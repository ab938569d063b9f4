"""The page with the deployed dashboards, the states of the alarms and the samples of a run."""

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from bounded_context_local.emulator.aws import Aws
from bounded_context_local.metric_math import alarms
from bounded_context_local.metric_math.series import Recorded
from bounded_context_local.observation.samples import Sample
from bounded_context_local.provider.stack import STACK
from bounded_context_local.running.context import RunningContext

from .page import About, page

_ALARM = "aws:cloudwatch/metricAlarm:"


def draw(running: RunningContext, samples: Iterable[Sample], started: float, what: str, file: Path) -> None:
    """Write a page with the deployed dashboards and the samples from `started` (seconds since 1970) until now.

    `what` describes the run in the head of the page.
    """
    about = About(f"Dashboards of {running.context.name}, stack {STACK}", what, running.stand_ins)
    recorded = Recorded(samples, started, time.time())
    definitions = [inputs for label, inputs in running.deployment.inputs.items() if label.startswith(_ALARM)]
    states = _alarm_states(running.aws) | alarms.states(definitions, recorded)
    file.write_text(page(about, bodies(running.aws), recorded, states), encoding="utf-8")


def bodies(aws: Aws) -> dict[str, Any]:
    """Return the body of each dashboard, by its name."""
    entries = aws.call("cloudwatch", "list_dashboards")["DashboardEntries"]
    names = sorted(entry["DashboardName"] for entry in entries)
    return {
        name: json.loads(aws.call("cloudwatch", "get_dashboard", DashboardName=name)["DashboardBody"]) for name in names
    }


def _alarm_states(aws: Aws) -> dict[str, str]:
    """Return the state of each alarm, by its name."""
    pages = aws.client("cloudwatch").get_paginator("describe_alarms")
    found = [
        alarm
        for page in pages.paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        for kind in ("MetricAlarms", "CompositeAlarms")
        for alarm in page.get(kind, [])
    ]
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}
