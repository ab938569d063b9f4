"""The report of `rollout status`: the versions of a stack's parts, and the effect of `start`."""

from dataclasses import dataclass, field
from typing import Any

from .deployments import Deployment
from .machinemove import BACK_GONE, IF_GONE

WORKFLOW = "workflow"


@dataclass(frozen=True)
class Where:
    """The versions of a part. `weights` are the percentages of versions that share the traffic."""

    name: str
    aws_name: str
    live: str = ""
    newest: str = ""
    weights: dict[str, float] = field(default_factory=dict)
    last: Deployment | None = None
    rolled_back: str = ""
    problem: str = ""
    active: bool = False
    unverified: str = ""
    leftover: bool = False

    @property
    def up_to_date(self) -> bool:
        """Whether the newest version has all traffic, its deployment succeeded, and no deployment is active."""
        return not (self.problem or self.active or self.weights or self.unverified) and self.live == self.newest

    def as_json(self) -> dict[str, Any]:
        """Return the documented form of `--json`."""
        return {
            "name": self.name,
            "function": self.aws_name,
            "live": self.live or None,
            "newest": self.newest or None,
            "weights": self.weights,
            "last": _as_json(self.last) if self.last else None,
            "rolled_back": self.rolled_back or None,
            "unverified": self.unverified or None,
            "problem": self.problem or None,
        }


@dataclass(frozen=True)
class Status:
    """The versions of all parts of a stack."""

    stack: str
    strategy: str
    functions: list[Where]
    workflow: Where

    @property
    def parts(self) -> list[Where]:
        """The functions and the state machine."""
        return [*self.functions, self.workflow]

    @property
    def exit_status(self) -> int:
        """0 if all parts could be read, otherwise 2."""
        return 2 if any(part.problem for part in self.parts) else 0

    @property
    def next(self) -> str:
        """The effect of `start`, on one line."""
        moves = [_move(part) for part in self.parts if not part.up_to_date]
        if not moves:
            return "start would do nothing: everything is at its newest version."
        return f"start would, by {self.strategy}: {'; '.join(moves)}."

    def as_json(self) -> dict[str, Any]:
        """Return the documented form of `--json`."""
        return {
            "stack": self.stack,
            "strategy": self.strategy,
            "up_to_date": all(part.up_to_date for part in self.parts),
            "next": self.next,
            "functions": [part.as_json() for part in self.functions],
            "workflow": self.workflow.as_json(),
        }


def _move(part: Where) -> str:
    if part.problem:
        return f"fail at {part.name}"
    if part.leftover or (part.unverified and part.live == part.newest):
        return f"fail at {part.name}, until `rollout back`"
    if part.active or part.weights:
        gone = BACK_GONE if part.active else IF_GONE
        return f"wait for the end of the move of {part.name}{f' ({gone})' if part.name == WORKFLOW else ''}"
    again = " again" if part.rolled_back else ""
    return f"move {part.name} from version {part.live} to {part.newest}{again}"


def _as_json(deployment: Deployment) -> dict[str, Any]:
    return {
        "deployment_id": deployment.id,
        "status": deployment.status,
        "time": deployment.created.isoformat(timespec="seconds"),
        "why": f"{deployment.error} {deployment.message}".strip() or None,
    }
