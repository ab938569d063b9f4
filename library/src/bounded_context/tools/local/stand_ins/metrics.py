"""Metrics and alarms on the emulator, whose alarms match a metric's name and ignore its dimensions.

An alarm on the emulator therefore watches a metric whose name contains the dimensions. Each metric is put twice: under
its own name, and under the name with dimensions.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from ..emulator.aws import UNANSWERED, Aws
from ..emulator.clock import MINUTE_SECONDS
from ..periodic import repeated

STATE_WITHOUT_DATA = {"notBreaching": "OK", "breaching": "ALARM", "missing": "INSUFFICIENT_DATA"}
"""State of an alarm without data, by its `TreatMissingData`. With `ignore`, the alarm keeps its state."""

LOOK_BACK_PERIODS = 3
"""Periods that CloudWatch's evaluation range adds to the evaluated periods before data count as missing."""


def name_with_dimensions(metric: str, dimensions: Mapping[str, str]) -> str:
    """Return the name under which an alarm on the emulator watches a metric with dimensions."""
    return " ".join([metric, *(f"{name}={value}" for name, value in sorted(dimensions.items()))])


def put(
    aws: Aws,
    namespace: str,
    dimensions: Mapping[str, str],
    values: Mapping[str, tuple[float | Sequence[float], str]],
) -> None:
    """Put values with their units, by metric name. The emulator then evaluates its alarms.

    A metric has up to 150 values (AWS limit).
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
    """Periodically set the state of alarms without data, as CloudWatch does. The emulator never changes it."""

    def treat() -> None:
        # When the emulator has ended, the run reports it.
        with suppress(*UNANSWERED):
            treat_missing_data(aws)

    with repeated("alarms", MINUTE_SECONDS / 2, treat):
        yield


def treat_missing_data(aws: Aws) -> None:
    """Set the state of each alarm without data by its `TreatMissingData`. Skip alarms on metric math."""
    for page in aws.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"]):
        for alarm in filter(_on_a_metric, page["MetricAlarms"]):
            state = STATE_WITHOUT_DATA.get(alarm.get("TreatMissingData", "missing"), alarm["StateValue"])
            if state != alarm["StateValue"] and not _has_data(aws, alarm):
                name, reason = alarm["AlarmName"], "The state for missing data (TreatMissingData)."
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
