"""Metrics and alarms on the emulator, whose alarms look at a metric's name alone and not at its dimensions.

So an alarm there watches a metric whose name carries the dimensions, and a metric is put under both names.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from .aws import Aws
from .clock import MINUTE_SECONDS
from .repeated import repeated

STATE_WITHOUT_DATA = {"notBreaching": "OK", "breaching": "ALARM", "missing": "INSUFFICIENT_DATA"}
"""The state of an alarm whose periods are empty, by its `TreatMissingData`; `ignore` keeps the state it has."""

LOOK_BACK_PERIODS = 3
"""How many periods more than it evaluates CloudWatch looks back before data are missing (its "evaluation range")."""


def name_with_dimensions(metric: str, dimensions: Mapping[str, str]) -> str:
    """Return the name under which an alarm on the emulator watches a metric with dimensions."""
    return " ".join([metric, *(f"{name}={value}" for name, value in sorted(dimensions.items()))])


def put(
    aws: Aws,
    namespace: str,
    dimensions: Mapping[str, str],
    values: Mapping[str, tuple[float | Sequence[float], str]],
) -> None:
    """Put values with their units, by the metric's name; the emulator then looks at its alarms.

    A metric has one value or several, 150 at most (AWS limit).
    """
    as_list = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    data: list[dict[str, Any]] = []
    for metric, (value, unit) in values.items():
        datum = {"Unit": unit} | ({"Value": value} if isinstance(value, int | float) else {"Values": list(value)})
        data.append({"MetricName": metric, "Dimensions": as_list} | datum)
        data.append({"MetricName": name_with_dimensions(metric, dimensions)} | datum)
    aws.call("cloudwatch", "put_metric_data", Namespace=namespace, MetricData=data)


@contextmanager
def treating_missing_data(aws: Aws) -> Iterator[None]:
    """Set the state of alarms that have no data, again and again as CloudWatch does: the emulator leaves it."""
    with repeated("alarms", MINUTE_SECONDS / 2, lambda: treat_missing_data(aws)):
        yield


def treat_missing_data(aws: Aws) -> None:
    """Give each alarm without data the state that its `TreatMissingData` says; one that calculates is left as it is."""
    for page in aws.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"]):
        for alarm in filter(_on_a_metric, page["MetricAlarms"]):
            state = STATE_WITHOUT_DATA.get(alarm.get("TreatMissingData", "missing"), alarm["StateValue"])
            if state != alarm["StateValue"] and not _has_data(aws, alarm):
                name, reason = alarm["AlarmName"], "There is no data, and that is how the alarm treats it."
                aws.call("cloudwatch", "set_alarm_state", AlarmName=name, StateValue=state, StateReason=reason)


def _on_a_metric(alarm: Mapping[str, Any]) -> bool:
    return bool(alarm.get("Namespace"))


def _has_data(aws: Aws, alarm: Mapping[str, Any]) -> bool:
    window = alarm["Period"] * (alarm["EvaluationPeriods"] + LOOK_BACK_PERIODS)
    now = datetime.now(UTC)
    found = aws.call(
        "cloudwatch",
        "get_metric_statistics",
        Namespace=alarm["Namespace"],
        MetricName=alarm["MetricName"],
        StartTime=now - timedelta(seconds=window),
        EndTime=now + timedelta(seconds=1),
        Period=window,
        Statistics=["SampleCount"],
    )
    return bool(found["Datapoints"])
