"""Alarms on a promise: the room that it leaves for failures is used up too fast, over a long and a short window."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..alerts import Alerts, Notice
from ..objectives import BURNS, Burn
from ._alarm import MINUTE, Metric, When, composite, part
from ._component import Component


@dataclass(frozen=True)
class Promise:
    """`percent` of what happens is good: `bad` and `all` are expressions of `metrics`, by the names that those have.

    Fewer than `least` bad ones within the long window are no reason to tell anybody, whatever share they are.
    """

    says: str
    section: str
    metrics: Mapping[str, Metric]
    bad: str
    all: str
    percent: float
    least: int

    def burn(self, least: int) -> str:
        """The expression for how many times as many are bad as may be; 0 for fewer than `least` bad ones."""
        return f"IF({self.bad} >= {least}, {self.bad} / {self.all} / {1 - self.percent / 100:.6f}, 0)"


def watch_promise(owner: Component, alerts: Alerts, name: str, promise: Promise) -> None:
    """An alarm for each of BURNS, on while both of its windows are worse than its rate."""
    for burn in BURNS:
        title = f"{name}-burn-{burn.name}"
        says = f"{promise.says}, {burn.rate:g} times as many as a promise of {promise.percent:g} % leaves room for."
        notice = Notice(burn.severity, says, promise.section)
        windows = [
            part(owner, alerts, f"{title}-{when.period // MINUTE}m", notice, promise.metrics, expression, when).name
            for expression, when in _windows(promise, burn)
        ]
        composite(owner, alerts, title, notice, windows, "AND")


def _windows(promise: Promise, burn: Burn) -> Iterator[tuple[str, When]]:
    # Filled, or the alarm would take the last hour that had any data for the present one (CloudWatch user guide, "How
    # alarm state is evaluated when data is missing").
    yield f"FILL({promise.burn(promise.least)}, 0)", When(burn.rate, period=burn.long * MINUTE)
    # What nobody uses has not become better: else, where calls are few, each failure would be told, and then its end.
    yield promise.burn(1), When(burn.rate, period=burn.short * MINUTE, missing="ignore")
