"""Alarms on an objective: its error budget is used up too fast."""

from collections.abc import Mapping
from dataclasses import dataclass

from ...configuration.objectives import BURNS, Burn
from ..stack.alerts import Alerts, Notice
from ..stack.component import Component
from .alarms import MINUTE, Metric, Part, When, joined


@dataclass(frozen=True)
class Promise:
    """An objective: `percent` of the calls, requests or lists are good, for each entry of `kept`.

    `kept` maps a name, such as a command's, to its metrics. `bad` and `all` are expressions with the names of these
    metrics in braces. Fewer than `least` failures within a window set off no alarm, whatever their share.
    """

    says: str
    section: str
    kept: Mapping[str, Mapping[str, Metric]]
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


def watch_promise(owner: Component, alerts: Alerts, name: str, promise: Promise) -> None:
    """Make an alarm for each of BURNS. It is on while the highest burn rate of all entries exceeds its rate."""
    parts = [Part(entry, metrics, promise.burn) for entry, metrics in promise.kept.items()]
    for burn in BURNS:
        when = When(burn.rate, period=burn.window * MINUTE)
        joined(owner, alerts, f"{name}-burn-{burn.name}", _notice(promise, burn), parts, "MAX", when)


def _notice(promise: Promise, burn: Burn) -> Notice:
    says = f"{promise.says}, {burn.rate:g} times as many as a promise of {promise.percent:g} % leaves room for."
    return Notice(burn.severity, says, promise.section)
