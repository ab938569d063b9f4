"""The report of a run: its parts, their progress and results, the exit status, and the JSON form."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from .notes import Order
from .outputs import NO_MACHINE

Result = Literal[
    "succeeded",
    "up to date",
    "failed",
    "rolled back",
    "stopped",
    "timed out",
    "refused",
    "not started",
    "detached",
]
"""The result of a part. `detached`: CodeDeploy continues the deployment after the driver was interrupted."""

SUCCESSES: Final[tuple[Result, ...]] = ("succeeded", "up to date")

_UNCHANGED = ("refused", "not started", "up to date")

_WORST_FIRST: tuple[Result, ...] = (
    *("failed", "timed out", "rolled back", "stopped", "detached", "refused", "not started"),
    *SUCCESSES,
)


class Ended(Exception):
    """The end of a part's steps, with its result and the reason as a sentence."""

    def __init__(self, result: Result, why: str = "") -> None:
        super().__init__(why)
        self.result: Result = result
        self.why = why


@dataclass
class ReleasedPart:
    """A function or the state machine in a run. `live` is the version of its alias at the last read."""

    name: str
    aws_name: str
    before: str = ""
    target: str = ""
    live: str = ""
    weight: float | None = None
    deployment_id: str = ""
    doing: str = "reading"
    result: Result | None = None
    why: str = ""
    started: datetime | None = None
    seconds: float = 0.0

    @property
    def succeeded(self) -> bool:
        """Whether the part is at its target."""
        return self.result in SUCCESSES

    def finish(self, result: Result, why: str = "") -> None:
        """Set the result, and the reason as a sentence."""
        self.result, self.why, self.doing, self.weight = result, why, result, None
        self.before = self.before or self.live

    def as_json(self) -> dict[str, Any]:
        """Return the part in the form of `--json`."""
        return {
            "name": self.name,
            "function": self.aws_name,
            "from": self.before or None,
            "to": self.target or None,
            "live": self.live or None,
            "deployment_id": self.deployment_id or None,
            "result": self.result,
            "why": self.why or None,
            "seconds": round(self.seconds, 1),
        }


@dataclass
class RolloutReport:
    """A run with its parts and times. Its result is the worst result of its parts."""

    order: Order
    functions: list[ReleasedPart]
    workflow: ReleasedPart
    started: datetime
    ended: datetime | None = None

    @property
    def parts(self) -> list[ReleasedPart]:
        """The functions, and the state machine of a context with lists."""
        return [*self.functions, *([self.workflow] if self.workflow.aws_name != NO_MACHINE else [])]

    @property
    def result(self) -> Result:
        """The result of the run."""
        results: list[Result] = [part.result or "not started" for part in self.parts]
        return min(results, key=_WORST_FIRST.index)

    @property
    def exit_status(self) -> int:
        """0 for success, 2 if the run was refused and changed nothing, 1 otherwise."""
        if self.result in SUCCESSES:
            return 0
        return 2 if all(part.result in _UNCHANGED for part in self.parts) else 1

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
            "functions": [part.as_json() for part in self.functions],
            "workflow": self.workflow.as_json(),
        }


def only_version(live: str) -> str:
    """Return the reason why a part at version 1 was not released; empty for other versions."""
    return "version 1 is its only version, which is live since its deployment." if live == "1" else ""
