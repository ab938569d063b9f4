"""What is wrong with a function whichever version runs, and with the answers of a command."""

from collections.abc import Mapping

import pulumi

from ..alerts import Alerts, Notice
from ._alarm import MINUTE, Metric, When, alarm
from ._burn import Promise, watch_promise
from ._component import Component

Dimensions = Mapping[str, pulumi.Input[str]]

LEAST_FAILURES = 5
"""Failures of a command within an hour, or six: one at night is the caller's to send again."""


def watch_function(owner: Component, alerts: Alerts, name: str, alias: Dimensions, timeout: int) -> None:
    """Warn of throttles, and of calls that come near the `timeout` (seconds) of the function `name`."""
    percent = alerts.thresholds.duration_percent
    alarm(
        owner,
        alerts,
        f"{name}-throttles",
        Notice(
            "warning",
            f"Lambda turns calls of {name} away, in three of five minutes: they are late, or lost where a caller does "
            "not try again.",
            "a-function-is-throttled",
        ),
        _metric("Throttles", alias),
        When(bad=3, of=5),
    )
    alarm(
        owner,
        alerts,
        f"{name}-duration",
        Notice(
            "warning",
            f"A call of {name} took over {percent} % of its {timeout} seconds: a slower one is cut off in the middle.",
            "a-function-comes-near-its-timeout",
        ),
        _metric("Duration", alias, "Maximum"),
        # On at the first such call, over an hour after the last.
        When(timeout * 1000 * percent / 100, bad=1, of=12, period=5 * MINUTE),
    )


def watch_answers(owner: Component, alerts: Alerts, name: str, alias: Dimensions, percent: float) -> None:
    """Watch the promise that `percent` of the calls of the command `name` are answered."""
    metrics = {kind.lower(): _metric(kind, alias) for kind in ("Errors", "Throttles", "Invocations")}
    promise = Promise(
        f"Callers of {name} get errors or are turned away",
        "a-command-misses-its-objective",
        metrics,
        # A call that is turned away is no invocation.
        bad="SUM([errors, throttles])",
        all="SUM([invocations, throttles])",
        percent=percent,
        least=LEAST_FAILURES,
    )
    watch_promise(owner, alerts, name, promise)


def _metric(name: str, alias: Dimensions, statistic: str = "Sum") -> Metric:
    return Metric("AWS/Lambda", name, alias, statistic)
