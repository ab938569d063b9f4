"""What is wrong with functions whichever version runs, and with the answers of commands."""

from collections.abc import Mapping

import pulumi

from ..alerts import Alerts, Notice
from ._alarm import MINUTE, Metric, Part, When, joined
from ._burn import Promise, watch_promise
from ._component import Component

Dimensions = Mapping[str, pulumi.Input[str]]
"""The dimensions of a metric, by name."""

LEAST_FAILURES = 5
"""Failures of a command within an hour, or six: one at night is the caller's to send again."""


def watch_errors(owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions], means: str) -> None:
    """Wake somebody where functions fail; `name` is what they are called together, `means` what follows from it."""
    says = f"Functions fail, in two of three minutes, whichever version runs: {means}"
    notice = Notice("critical", says, "a-function-fails")
    joined(owner, alerts, f"{name}-errors", notice, _parts("Errors", aliases), "SUM", When(bad=2, of=3))


def watch_throttles(owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions]) -> None:
    """Warn of calls that Lambda turns away."""
    says = (
        "Lambda turns calls away, in three of five minutes: they are late, or lost where a caller does not try again."
    )
    notice = Notice("warning", says, "a-function-is-throttled")
    joined(owner, alerts, f"{name}-throttles", notice, _parts("Throttles", aliases), "SUM", When(bad=3, of=5))


def watch_durations(
    owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions], timeouts: Mapping[str, int]
) -> None:
    """Warn of calls that come near their function's timeout (seconds)."""
    percent = alerts.thresholds.duration_percent
    says = f"A call took over {percent} % of its function's timeout: a slower one is cut off in the middle."
    parts = [
        Part(one, {"duration": _metric("Duration", alias, "Maximum")}, f"{{duration}} / {timeouts[one] * 10}")
        for one, alias in aliases.items()
    ]
    # On at the first such call, over an hour after the last.
    when = When(percent, bad=1, of=12, period=5 * MINUTE)
    notice = Notice("warning", says, "a-function-comes-near-its-timeout")
    joined(owner, alerts, f"{name}-duration", notice, parts, "MAX", when)


def watch_answers(
    owner: Component, alerts: Alerts, name: str, aliases: Mapping[str, Dimensions], percent: float
) -> None:
    """Watch the promise that `percent` of the calls of each of these commands are answered."""
    kinds = ("Errors", "Throttles", "Invocations")
    promise = Promise(
        "Callers of a command get errors or are turned away",
        "a-command-misses-its-objective",
        {one: {kind.lower(): _metric(kind, alias) for kind in kinds} for one, alias in aliases.items()},
        # A call that is turned away is not an invocation.
        bad="SUM([{errors}, {throttles}])",
        all="SUM([{invocations}, {throttles}])",
        percent=percent,
        least=LEAST_FAILURES,
    )
    watch_promise(owner, alerts, name, promise)


def _parts(kind: str, aliases: Mapping[str, Dimensions]) -> list[Part]:
    return [Part(one, {kind.lower(): _metric(kind, alias)}) for one, alias in aliases.items()]


def _metric(name: str, alias: Dimensions, statistic: str = "Sum") -> Metric:
    return Metric("AWS/Lambda", name, alias, statistic)
