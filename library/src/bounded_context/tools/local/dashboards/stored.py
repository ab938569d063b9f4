"""Deployed dashboards and the states of deployed alarms."""

import json
from typing import Any

from ..aws import Aws


def bodies(aws: Aws) -> dict[str, Any]:
    """Return the body of each dashboard, by its name."""
    entries = aws.call("cloudwatch", "list_dashboards")["DashboardEntries"]
    return {name: _body(aws, name) for name in sorted(entry["DashboardName"] for entry in entries)}


def _body(aws: Aws, name: str) -> Any:
    return json.loads(aws.call("cloudwatch", "get_dashboard", DashboardName=name)["DashboardBody"])


def alarm_states(aws: Aws) -> dict[str, str]:
    """Return the state of each alarm, by its name."""
    pages = aws.client("cloudwatch").get_paginator("describe_alarms")
    found = [
        alarm
        for page in pages.paginate(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        for kind in ("MetricAlarms", "CompositeAlarms")
        for alarm in page.get(kind, [])
    ]
    return {alarm["AlarmName"]: alarm["StateValue"] for alarm in found}
