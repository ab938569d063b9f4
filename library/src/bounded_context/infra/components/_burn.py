"""Alarms on a promise: the room that it leaves for failures is used up too fast."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..alerts import Alerts, Notice
from ..objectives import BURNS, Burn
from ._alarm import MINUTE, Metric, Part, When, joined
from ._component import Component


@dataclass(frozen=True)
class Promise:
    """`percent` of what happens is good, at each of those who keep the promise.

    `kept` maps each of them to its metrics by name; `bad` and `all` are expressions that call these in braces. Fewer
    than `least` bad ones within a window are no reason to tell anybody, whatever share they are.
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
        """The expression for how many times as many are bad as may be; 0 for fewer than `least` bad ones.

        Filled, or the alarm would take the last hour that had any data for the present one (CloudWatch user guide, "How
        alarm state is evaluated when data is missing").
        """
        share = f"{self.bad} / {self.all} / {1 - self.percent / 100:.6f}"
        return f"FILL(IF({self.bad} >= {self.least}, {share}, 0), 0)"


def watch_promise(owner: Component, alerts: Alerts, name: str, promise: Promise) -> None:
    """An alarm for each of BURNS, on while the worst of those who keep the promise is worse than its rate."""
    parts = [Part(who, metrics, promise.burn) for who, metrics in promise.kept.items()]
    for burn in BURNS:
        when = When(burn.rate, period=burn.window * MINUTE)
        joined(owner, alerts, f"{name}-burn-{burn.name}", _notice(promise, burn), parts, "MAX", when)


def _notice(promise: Promise, burn: Burn) -> Notice:
    says = f"{promise.says}, {burn.rate:g} times as many as a promise of {promise.percent:g} % leaves room for."
    return Notice(burn.severity, says, promise.section)
