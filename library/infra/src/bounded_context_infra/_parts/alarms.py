"""Alarms, with a name from the stack's labels, the effect and the runbook's section; burn rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pulumi
from pulumi_aws import cloudwatch

from ..configuration.alarms import BURNS, Burn
from ..stack.program import Component
from ..stack.stack import Alerts, Notice

MINUTE = 60
"""Seconds: the shortest period of the metrics of AWS services."""

HOUR = 3600
"""Seconds."""

MOST_METRICS = 10
"""Maximum metrics of an alarm (CloudWatch user guide, "Limits that apply to alarms based on metric math
expressions")."""

MOST_EXPRESSIONS = 10
"""Maximum expressions of an alarm, including its result (CloudWatch API reference, MetricDataQuery)."""

_NAMES_ROOM = 300
"""Characters for the names in a description. A runbook's address may have 500, and a description 1,024 in all
(CloudWatch API reference, PutMetricAlarm)."""


@dataclass(frozen=True)
class Metric:
    """A metric, and the statistic that aggregates its values within a period."""

    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]
    statistic: str = "Sum"


@dataclass(frozen=True)
class When:
    """The condition of an alarm: `bad` of the last `of` periods (seconds) are on the wrong side of `threshold`.

    A period without data is good unless `missing` changes that. CloudWatch first looks for data in some periods before
    the last `of` (its "evaluation range"). If `bad < of`, the alarm ignores isolated breaches or recovers slowly, so
    that it does not flap. With `missing="missing"`, an alarm without data sends a warning.
    """

    threshold: float = 0
    bad: int = 1
    of: int = 1
    period: int = MINUTE
    missing: Literal["notBreaching", "breaching", "missing", "ignore"] = "notBreaching"
    wrong: Literal["GreaterThanThreshold", "LessThanThreshold"] = "GreaterThanThreshold"


@dataclass(frozen=True)
class Part:
    """A part of a joined alarm: its name, its metrics, and the expression that combines them.

    `expression` contains each metric's name in braces. A part without an expression has a single metric.
    """

    name: str
    metrics: Mapping[str, Metric]
    expression: str = ""


def alarm(
    owner: Component, alerts: Alerts, name: str, notice: Notice, metric: Metric, when: When
) -> cloudwatch.MetricAlarm | None:
    """Make an alarm on a metric. It notifies the topic of its severity when it goes off and when it is over.

    Returns None if the setting `alarms` leaves out this severity, as do all functions here except `guard`.
    """
    return _notifying_alarm(owner, alerts, name, notice, when, **_on(metric, when))


def guard(
    owner: Component, alerts: Alerts, name: str, notice: Notice, metric: Metric, when: When
) -> cloudwatch.MetricAlarm:
    """Make an alarm that stops a release. It exists even if its severity is left out, but then notifies no topic."""
    return _notifying_alarm(owner, alerts, name, notice, when, **_on(metric, when)) or _metric_alarm(
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
    """Make an alarm like `alarm` on `expression`, which contains the names of `metrics`."""
    queries = [_query(label, metric, when.period) for label, metric in metrics.items()]
    return _notifying_alarm(owner, alerts, name, notice, when, metric_queries=[*queries, _result(expression)])


def joined(
    owner: Component,
    alerts: Alerts,
    name: str,
    notice: Notice,
    parts: Sequence[Part],
    by: Literal["SUM", "MAX"],
    when: When,
) -> None:
    """Make an alarm like `alarm` on the sum or maximum of all `parts`. Its description names most of them.

    Parts beyond the limit of an alarm go into further alarms, `<name>-2` and so on.
    """
    for number, some in enumerate(_chunks(parts), 1):
        title = name if number == 1 else f"{name}-{number}"
        which = replace(notice, effect=f"{notice.effect} One of {_names_in_text([part.name for part in some])}.")
        _notifying_alarm(owner, alerts, title, which, when, metric_queries=_metric_queries(some, by, when.period))


def _names_in_text(names: list[str]) -> str:
    listed_names = next(
        names[:count] for count in range(len(names), -1, -1) if len(", ".join(names[:count])) <= _NAMES_ROOM
    )
    return ", ".join(listed_names) + (
        f" and {len(names) - len(listed_names)} more" if len(listed_names) < len(names) else ""
    )


def composite(
    owner: Component,
    alerts: Alerts,
    name: str,
    notice: Notice,
    alarms: pulumi.Input[Sequence[pulumi.Input[str]]],
    joined_by: Literal["AND", "OR"],
) -> cloudwatch.CompositeAlarm:
    """Make an alarm on the states of other alarms, given by name. It notifies as `alarm` does."""
    topics = [alerts.topics[notice.severity]]
    rule = pulumi.Output.from_input(alarms).apply(
        lambda names: f" {joined_by} ".join(f'ALARM("{member}")' for member in names)
    )
    composite_alarm = cloudwatch.CompositeAlarm(
        name,
        alarm_name=owner.labels.alarm(name),
        alarm_description=alerts.description(notice),
        alarm_rule=rule,
        alarm_actions=topics,
        ok_actions=topics,
        tags=owner.labels.tags,
        opts=owner.child(),
    )
    alerts.add(name, composite_alarm.alarm_name, notice.severity)
    return composite_alarm


def _on(metric: Metric, when: When) -> dict[str, Any]:
    # CloudWatch has a separate field for percentiles.
    statistic = "extended_statistic" if metric.statistic.startswith("p") else "statistic"
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "dimensions": metric.dimensions,
        "period": when.period,
        statistic: metric.statistic,
    }


def _notifying_alarm(
    owner: Component, alerts: Alerts, name: str, notice: Notice, when: When, **watched: Any
) -> cloudwatch.MetricAlarm | None:
    if not alerts.wants(notice.severity):
        return None
    metric_alarm = _metric_alarm(owner, alerts, name, notice, when, [alerts.topics[notice.severity]], **watched)
    alerts.add(name, metric_alarm.name, notice.severity)
    return metric_alarm


def _metric_alarm(
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
    """Return the number of parts, all of the same form, that fit into an alarm."""
    form = parts[0]
    return min(MOST_METRICS // len(form.metrics), MOST_EXPRESSIONS - 1 if form.expression else MOST_METRICS)


def _metric_queries(parts: Sequence[Part], by: str, period: int) -> list[Any]:
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


@dataclass(frozen=True)
class Objective:
    """An objective: `percent` of the calls, requests or lists are good, for each entry of `metrics`.

    `metrics` maps a name, such as a command's, to its metrics. `bad` and `all` are expressions with the names of these
    metrics in braces. Fewer than `least` failures within a window set off no alarm, whatever their share.
    """

    effect: str
    section: str
    metrics: Mapping[str, Mapping[str, Metric]]
    bad: str
    all: str
    percent: float
    least: int

    @property
    def burn(self) -> str:
        """The expression of the burn rate, a multiple of the allowed failures; 0 for fewer than `least` failures.

        Missing data are filled. Otherwise the alarm would use the last hour with data in place of the present hour
        (CloudWatch user guide, "How alarm state is evaluated when data is missing").
        """
        share = f"{self.bad} / {self.all} / {1 - self.percent / 100:.6f}"
        return f"FILL(IF({self.bad} >= {self.least}, {share}, 0), 0)"


def watch_objective(owner: Component, alerts: Alerts, name: str, objective: Objective) -> None:
    """Make an alarm for each of BURNS. It is on while the highest burn rate of all entries exceeds its rate."""
    parts = [Part(entry, metrics, objective.burn) for entry, metrics in objective.metrics.items()]
    for burn in BURNS:
        when = When(burn.rate, period=burn.window * MINUTE)
        joined(owner, alerts, f"{name}-burn-{burn.name}", _notice(objective, burn), parts, "MAX", when)


def _notice(objective: Objective, burn: Burn) -> Notice:
    effect = f"{objective.effect}, {burn.rate:g} times as many as an objective of {objective.percent:g} % allows."
    return Notice(burn.severity, effect, objective.section)
