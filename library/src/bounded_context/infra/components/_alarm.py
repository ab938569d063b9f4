"""The one way to make an alarm: with a name that says where it belongs, and a description that says what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
from pulumi_aws import cloudwatch

from ..alerts import Alerts, Notice
from ._component import Component

MINUTE = 60
"""Seconds: the shortest period of the metrics that AWS's own services write."""

HOUR = 3600


@dataclass(frozen=True)
class Metric:
    """A metric and how its values within a period become one."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str = "Sum"


@dataclass(frozen=True)
class When:
    """An alarm is on while `bad` of the last `of` periods (seconds) are on the wrong side of `threshold`.

    Where data are missing, a period is a good one unless `missing` says otherwise; but CloudWatch then looks at some
    periods before the last `of`, and counts the data that it finds there first (its "evaluation range"). With `bad`
    below `of` an alarm is on at once and over only after a while, or on only after a while: what happens now and then
    does not flap. With "missing" an alarm without data says so, and that is told as a warning.
    """

    threshold: float = 0
    bad: int = 1
    of: int = 1
    period: int = MINUTE
    missing: Literal["notBreaching", "breaching", "missing", "ignore"] = "notBreaching"
    wrong: Literal["GreaterThanThreshold", "LessThanThreshold"] = "GreaterThanThreshold"


def alarm(
    owner: Component, alerts: Alerts, name: str, notice: Notice, metric: Metric, when: When
) -> cloudwatch.MetricAlarm:
    """An alarm on a metric, told to the topic of its severity when it goes off and when it is over."""
    # AWS knows percentiles under another name than the plain statistics.
    statistic = "extended_statistic" if metric.statistic.startswith("p") else "statistic"
    return _told(
        owner,
        alerts,
        name,
        notice,
        when,
        namespace=metric.namespace,
        metric_name=metric.name,
        dimensions=metric.dimensions,
        period=when.period,
        **{statistic: metric.statistic},
    )


def calculated(
    owner: Component,
    alerts: Alerts,
    name: str,
    notice: Notice,
    metrics: Mapping[str, Metric],
    expression: str,
    when: When,
) -> cloudwatch.MetricAlarm:
    """An alarm like `alarm` on what `expression` makes of `metrics`, by the names that it calls them."""
    return _told(owner, alerts, name, notice, when, metric_queries=_queries(metrics, expression, when.period))


def part(
    owner: Component,
    alerts: Alerts,
    name: str,
    notice: Notice,
    metrics: Mapping[str, Metric],
    expression: str,
    when: When,
) -> cloudwatch.MetricAlarm:
    """An alarm like `calculated` that tells nobody: a composite alarm asks for its state."""
    return _made(owner, alerts, name, notice, when, [], metric_queries=_queries(metrics, expression, when.period))


def composite(
    owner: Component,
    alerts: Alerts,
    name: str,
    notice: Notice,
    alarms: pulumi.Input[Sequence[pulumi.Input[str]]],
    joined_by: Literal["AND", "OR"],
) -> cloudwatch.CompositeAlarm:
    """An alarm on the states of other alarms (their names), told as `alarm` is."""
    topics = [alerts.topics[notice.severity]]
    rule = pulumi.Output.from_input(alarms).apply(
        lambda names: f" {joined_by} ".join(f'ALARM("{one}")' for one in names)
    )
    made = cloudwatch.CompositeAlarm(
        name,
        alarm_name=owner.labels.alarm(name),
        alarm_description=alerts.description(notice),
        alarm_rule=rule,
        alarm_actions=topics,
        ok_actions=topics,
        tags=owner.labels.tags,
        opts=owner.child(),
    )
    alerts.remember(made.alarm_name, notice.severity)
    return made


def _told(
    owner: Component, alerts: Alerts, name: str, notice: Notice, when: When, **watched: Any
) -> cloudwatch.MetricAlarm:
    made = _made(owner, alerts, name, notice, when, [alerts.topics[notice.severity]], **watched)
    alerts.remember(made.name, notice.severity)
    return made


def _made(
    owner: Component,
    alerts: Alerts,
    name: str,
    notice: Notice,
    when: When,
    topics: list[pulumi.Input[str]],
    **watched: Any,
) -> cloudwatch.MetricAlarm:
    return cloudwatch.MetricAlarm(
        name,
        name=owner.labels.alarm(name),
        alarm_description=alerts.description(notice),
        comparison_operator=when.wrong,
        threshold=when.threshold,
        datapoints_to_alarm=when.bad,
        evaluation_periods=when.of,
        treat_missing_data=when.missing,
        alarm_actions=topics,
        ok_actions=topics,
        insufficient_data_actions=[alerts.topics["warning"]] if when.missing == "missing" else [],
        tags=owner.labels.tags,
        opts=owner.child(),
        **watched,
    )


def _queries(metrics: Mapping[str, Metric], expression: str, period: int) -> list[Any]:
    queries = [
        {
            "id": name,
            "metric": {
                "namespace": metric.namespace,
                "metric_name": metric.name,
                "dimensions": metric.dimensions,
                "period": period,
                "stat": metric.statistic,
            },
        }
        for name, metric in metrics.items()
    ]
    return [*queries, {"id": "result", "expression": expression, "return_data": True}]
