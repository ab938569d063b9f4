"""The report of a run: parts, result, exit status, and JSON form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .model import GOOD, Part, Result
from .orders import Order

_WORST_FIRST: tuple[Result, ...] = (
    "failed",
    "timed out",
    "rolled back",
    "stopped",
    "detached",
    "refused",
    "not started",
    "succeeded",
    "up to date",
)
_UNTOUCHED = ("refused", "not started", "up to date")


@dataclass
class Report:
    """A run with its parts and times. Its result is the worst result of its parts."""

    order: Order
    functions: list[Part]
    workflow: Part
    started: datetime
    ended: datetime | None = None

    @property
    def parts(self) -> list[Part]:
        """The functions and the state machine."""
        return [*self.functions, self.workflow]

    @property
    def result(self) -> Result:
        """The result of the run."""
        results: list[Result] = [part.result or "not started" for part in self.parts]
        return min(results, key=_WORST_FIRST.index)

    @property
    def exit_status(self) -> int:
        """0 for success, 2 if the run was refused and changed nothing, 1 otherwise."""
        if self.result in GOOD:
            return 0
        return 2 if all(part.result in _UNTOUCHED for part in self.parts) else 1

    def interrupt(self) -> None:
        """Set the results of the unfinished parts of an interrupted run."""
        for part in self.parts:
            if part.result is None and part.deployment_id:
                part.finish("detached", f"CodeDeploy goes on with {part.deployment_id}: see `rollout status`.")
            elif part.result is None:
                part.finish("not started", "the run was interrupted.")

    def as_json(self) -> dict[str, Any]:
        """Return the report in the form of `--json`, with times in UTC (ISO 8601)."""
        return {
            "stack": self.order.stack,
            "release": self.order.release_id,
            "strategy": self.order.release.strategy.name,
            "ignored_alarms": self.order.ignored_alarms or None,
            "started": self.started.isoformat(timespec="seconds"),
            "ended": self.ended.isoformat(timespec="seconds") if self.ended else None,
            "result": self.result,
            "functions": [_as_json(part) for part in self.functions],
            "workflow": _as_json(self.workflow),
        }


def _as_json(part: Part) -> dict[str, Any]:
    return {
        "name": part.name,
        "function": part.aws_name,
        "from": part.before or None,
        "to": part.target or None,
        "live": part.live or None,
        "deployment_id": part.deployment_id or None,
        "result": part.result,
        "why": part.why or None,
        "seconds": round(part.seconds, 1),
    }
