"""The one way to make an alarm: with a name that says where it belongs, and a description that says what it means."""

from collections.abc import Mapping
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from ._component import Component

MINUTE = 60
"""Seconds: the shortest period of the metrics that AWS's own services write."""


def alarm(
    owner: Component,
    name: str,
    *,
    says: str,
    metric: tuple[str, str],
    dimensions: Mapping[str, pulumi.Input[str]],
    topic_arn: pulumi.Input[str],
    above: float = 0,
    minutes: tuple[int, int] = (1, 1),
    **statistic: Any,
) -> cloudwatch.MetricAlarm:
    """An alarm on a metric, told to `topic_arn` when it goes off and when it is over.

    Args:
        metric: its namespace and name.
        above: what a minute's value must exceed to be bad.
        minutes: how many minutes of the last how many must be bad. A minute without data is a good one.
        statistic: `extended_statistic="p95"`, say; the sum of a minute where nothing is said.
    """
    namespace, metric_name = metric
    bad, of = minutes
    return cloudwatch.MetricAlarm(
        name,
        name=owner.labels.alarm(name),
        alarm_description=says,
        namespace=namespace,
        metric_name=metric_name,
        dimensions=dimensions,
        period=MINUTE,
        comparison_operator="GreaterThanThreshold",
        threshold=above,
        datapoints_to_alarm=bad,
        evaluation_periods=of,
        treat_missing_data="notBreaching",
        alarm_actions=[topic_arn],
        ok_actions=[topic_arn],
        tags=owner.labels.tags,
        opts=owner.child(),
        **(statistic or {"statistic": "Sum"}),
    )
