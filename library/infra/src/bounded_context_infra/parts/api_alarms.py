"""Alarms on the answers of the HTTP API: errors, latency, refusals, and the objective."""

from collections.abc import Mapping

import pulumi

from ..configuration.api_settings import ApiObjectives
from ..stack.alerts import Alerts, Notice
from ..stack.component import Component
from .alarms import MINUTE, Metric, When, alarm, calculated
from .burn_rate import Objective, watch_objective

Dimensions = Mapping[str, pulumi.Input[str]]
"""The dimensions of a metric, by name."""

LEAST_FAILURES = 5
"""Failed requests within an hour, or six, that set off an alarm. A single failure at night is left to the caller."""

LEAST_REFUSALS = 20
"""Refused requests within five minutes that set off an alarm. Fewer come from a person who tries the API."""

REFUSED_SHARE = 0.5


def watch_api(owner: Component, alerts: Alerts, api: Dimensions, objectives: ApiObjectives) -> None:
    """Make the alarms on failed (5xx), slow and mostly refused (4xx) requests, and on the objective."""
    _failing(owner, alerts, api)
    _slow(owner, alerts, api, objectives.latency_ms)
    _refusing(owner, alerts, api)
    _objective(owner, alerts, api, objectives.answered_percent)


def _failing(owner: Component, alerts: Alerts, api: Dimensions) -> None:
    notice = Notice(
        "critical",
        "The API answers with errors (5xx), in two of three minutes: callers do not know whether their command had its "
        "effect, and send it again.",
        "the-api-answers-with-errors",
    )
    alarm(owner, alerts, f"{owner.name}-errors", notice, _metric("5xx", api), When(bad=2, of=3))


def _slow(owner: Component, alerts: Alerts, api: Dimensions, limit: int) -> None:
    notice = Notice(
        "warning",
        f"One request in twenty waits over {limit} ms for its answer, for a quarter of an hour.",
        "the-api-is-slow",
    )
    when = When(limit, bad=3, of=3, period=5 * MINUTE)
    alarm(owner, alerts, f"{owner.name}-latency", notice, _metric("Latency", api, "p95"), when)


def _refusing(owner: Component, alerts: Alerts, api: Dimensions) -> None:
    notice = Notice(
        "warning",
        "The API refuses more than half of its requests (4xx), for a quarter of an hour: a caller lacks a permission, "
        "sends malformed commands, or sends too much.",
        "the-api-refuses-most-requests",
    )
    metrics = {"refused": _metric("4xx", api), "requests": _metric("Count", api)}
    share = f"IF(refused >= {LEAST_REFUSALS}, refused / requests, 0)"
    when = When(REFUSED_SHARE, bad=3, of=3, period=5 * MINUTE)
    calculated(owner, alerts, f"{owner.name}-refusals", notice, metrics, share, when)


def _objective(owner: Component, alerts: Alerts, api: Dimensions, percent: float) -> None:
    objective = Objective(
        "Callers of the API get errors (5xx)",
        "the-api-misses-its-objective",
        {owner.name: {"failed": _metric("5xx", api), "requests": _metric("Count", api)}},
        bad="{failed}",
        all="{requests}",
        percent=percent,
        least=LEAST_FAILURES,
    )
    watch_objective(owner, alerts, owner.name, objective)


def _metric(name: str, api: Dimensions, statistic: str = "Sum") -> Metric:
    return Metric("AWS/ApiGateway", name, api, statistic)
