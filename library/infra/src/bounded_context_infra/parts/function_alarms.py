"""Alarms on functions, for all versions, and on the answers of commands."""

from collections.abc import Mapping

import pulumi

from ..stack.alerts import Alerts, Notice
from ..stack.component import Component
from .alarms import MINUTE, Metric, Part, When, joined
from .burn_rate import Objective, watch_objective

Dimensions = Mapping[str, pulumi.Input[str]]
"""The dimensions of a metric, by name."""

LEAST_FAILURES = 5
"""Failures of a command within an hour, or six, that set off an alarm. A single failure at night is left to the
caller."""


def watch_errors(owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions], means: str) -> None:
    """Make the critical alarm on errors of functions; `name` names their group, `means` is the effect of an error."""
    effect = f"Functions fail, in two of three minutes, whichever version runs: {means}"
    notice = Notice("critical", effect, "a-function-fails")
    joined(owner, alerts, f"{name}-errors", notice, _parts("Errors", aliases), "SUM", When(bad=2, of=3))


def watch_throttles(owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions]) -> None:
    """Make the warning about calls that Lambda throttles."""
    effect = "Lambda throttles calls, in three of five minutes: they are late, or lost if a caller does not retry."
    notice = Notice("warning", effect, "a-function-is-throttled")
    joined(owner, alerts, f"{name}-throttles", notice, _parts("Throttles", aliases), "SUM", When(bad=3, of=5))


def watch_durations(
    owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions], timeouts: Mapping[str, int]
) -> None:
    """Make the warning about calls that come near their function's timeout (seconds)."""
    percent = alerts.thresholds.duration_percent
    effect = f"A call took over {percent} % of its function's timeout: a slower call is interrupted."
    parts = [
        Part(function, {"duration": _metric("Duration", alias, "Maximum")}, f"{{duration}} / {timeouts[function] * 10}")
        for function, alias in aliases.items()
    ]
    # The alarm goes off at the first such call, and is over an hour after the last.
    when = When(percent, bad=1, of=12, period=5 * MINUTE)
    notice = Notice("warning", effect, "a-function-comes-near-its-timeout")
    joined(owner, alerts, f"{name}-duration", notice, parts, "MAX", when)


def watch_answers(
    owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions], percent: float
) -> None:
    """Make the alarms on the objective that `percent` of the calls of each command are answered."""
    kinds = ("Errors", "Throttles", "Invocations")
    objective = Objective(
        "Callers of a command get errors or are throttled",
        "a-command-misses-its-objective",
        {command: {kind.lower(): _metric(kind, alias) for kind in kinds} for command, alias in aliases.items()},
        # A throttled call does not count as an invocation.
        bad="SUM([{errors}, {throttles}])",
        all="SUM([{invocations}, {throttles}])",
        percent=percent,
        least=LEAST_FAILURES,
    )
    watch_objective(owner, alerts, name, objective)


def _parts(kind: str, aliases: Mapping[str, Dimensions]) -> list[Part]:
    return [Part(function, {kind.lower(): _metric(kind, alias)}) for function, alias in aliases.items()]


def _metric(name: str, alias: Dimensions, statistic: str = "Sum") -> Metric:
    return Metric("AWS/Lambda", name, alias, statistic)
