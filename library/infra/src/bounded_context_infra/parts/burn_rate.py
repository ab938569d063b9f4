"""Alarms on an objective: its error budget is used up too fast."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..configuration.alarms import BURNS, Burn
from ..stack.alerts import Alerts, Notice
from ..stack.component import Component
from .alarms import MINUTE, Metric, Part, When, joined


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
