"""The one way to make an alarm: with a name that says where it belongs, and a description that says what it means."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pulumi
from pulumi_aws import cloudwatch

from ..alerts import Alerts, Notice
from ._component import Component

MINUTE = 60
"""Seconds: the shortest period of the metrics that AWS's own services write."""

HOUR = 3600
"""Seconds."""

MOST_METRICS = 10
"""Metrics of an alarm (CloudWatch user guide, "Limits that apply to alarms based on metric math expressions")."""

MOST_EXPRESSIONS = 10
"""Expressions of an alarm, the one that it watches included (CloudWatch API reference, MetricDataQuery)."""

_NAMES_ROOM = 300
"""Characters for the names of what an alarm watches: a runbook's address may have 500, and a description 1,024 in all
(CloudWatch API reference, PutMetricAlarm)."""


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
    does not flap. With "missing" an alarm without data says so, and that is notified as a warning.
    """

    threshold: float = 0
    bad: int = 1
    of: int = 1
    period: int = MINUTE
    missing: Literal["notBreaching", "breaching", "missing", "ignore"] = "notBreaching"
    wrong: Literal["GreaterThanThreshold", "LessThanThreshold"] = "GreaterThanThreshold"


@dataclass(frozen=True)
class Part:
    """One of several things that an alarm watches at once: its name, its metrics, and what is made of them.

    `expression` calls each metric by its name in braces. Without it there is one metric, which is taken as it is.
    """

    name: str
    metrics: Mapping[str, Metric]
    expression: str = ""


def alarm(
    owner: Component, alerts: Alerts, name: str, notice: Notice, metric: Metric, when: When
) -> cloudwatch.MetricAlarm | None:
    """An alarm on a metric, which notifies the topic of its severity when it goes off and when it is over.

    None where the stack's setting `alarms` leaves out those of this severity; so for all alarms but `guard`.
    """
    return _told(owner, alerts, name, notice, when, **_on(metric, when))


def guard(
    owner: Component, alerts: Alerts, name: str, notice: Notice, metric: Metric, when: When
) -> cloudwatch.MetricAlarm:
    """An alarm like `alarm` that stops a release: where the other is left out, it is there and tells nobody."""
    return _told(owner, alerts, name, notice, when, **_on(metric, when)) or _made(
        owner, alerts, name, notice, when, [], **_on(metric, when)
    )


def calculated(
    owner: Component,
    alerts: Alerts,
    name: str,
    notice: Notice,
    metrics: Mapping[str, Metric],
    expression: str,
    when: When,
) -> cloudwatch.MetricAlarm | None:
    """An alarm like `alarm` on what `expression` makes of `metrics`, by the names that it calls them."""
    queries = [_query(one, metric, when.period) for one, metric in metrics.items()]
    return _told(owner, alerts, name, notice, when, metric_queries=[*queries, _result(expression)])


def joined(
    owner: Component,
    alerts: Alerts,
    name: str,
    notice: Notice,
    parts: Sequence[Part],
    by: Literal["SUM", "MAX"],
    when: When,
) -> None:
    """One alarm like `alarm` on all of `parts`, by their sum or by the worst; its description names most of them.

    What is more than one alarm takes makes another, `<name>-2`, and so on.
    """
    for number, some in enumerate(_chunks(parts), 1):
        title = name if number == 1 else f"{name}-{number}"
        which = replace(notice, says=f"{notice.says} One of {_named([part.name for part in some])}.")
        _told(owner, alerts, title, which, when, metric_queries=_joined(some, by, when.period))


def _named(names: list[str]) -> str:
    shown = next(names[:count] for count in range(len(names), -1, -1) if len(", ".join(names[:count])) <= _NAMES_ROOM)
    return ", ".join(shown) + (f" and {len(names) - len(shown)} more" if len(shown) < len(names) else "")


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


def _on(metric: Metric, when: When) -> dict[str, Any]:
    # AWS puts percentiles into a field apart from the plain statistics.
    statistic = "extended_statistic" if metric.statistic.startswith("p") else "statistic"
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": metric.dimensions,
        "period": when.period,
        statistic: metric.statistic,
    }


def _told(
    owner: Component, alerts: Alerts, name: str, notice: Notice, when: When, **watched: Any
) -> cloudwatch.MetricAlarm | None:
    if not alerts.wants(notice.severity):
        return None
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


def _chunks(parts: Sequence[Part]) -> list[Sequence[Part]]:
    return [parts[start : start + _room(parts)] for start in range(0, len(parts), _room(parts))] if parts else []


def _room(parts: Sequence[Part]) -> int:
    """How many parts, all of one form, an alarm has room for."""
    form = parts[0]
    return min(MOST_METRICS // len(form.metrics), MOST_EXPRESSIONS - 1 if form.expression else MOST_METRICS)


def _joined(parts: Sequence[Part], by: str, period: int) -> list[Any]:
    queries: list[Any] = []
    names: list[str] = []
    for number, part in enumerate(parts, 1):
        known = {name: f"{name}{number}" for name in part.metrics}
        queries += [_query(known[name], metric, period) for name, metric in part.metrics.items()]
        names.append(f"part{number}" if part.expression else known[next(iter(known))])
        if part.expression:
            queries.append({"id": names[-1], "expression": part.expression.format_map(known), "return_data": False})
    return [*queries, _result(f"{by}([{', '.join(names)}])")]


def _query(name: str, metric: Metric, period: int) -> dict[str, Any]:
    return {
        "id": name,
        "metric": {
            "namespace": metric.namespace,
            "metric_name": metric.name,
            "dimensions": metric.dimensions,
            "period": period,
            "stat": metric.statistic,
        },
    }


def _result(expression: str) -> dict[str, Any]:
    return {"id": "result", "expression": expression, "return_data": True}
