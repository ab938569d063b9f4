"""`rollout status`: the versions of all aliases, and the effect of `start`. Changes nothing."""

from dataclasses import dataclass, field
from typing import Any

from ...command.aws_errors import AWS_ERRORS, Refused, sentence
from .deployments import Deployment
from .machinemove import ABANDONED_RETURN, ABANDONED_SHIFT
from .notes import WORKFLOW
from .outputs import NO_MACHINE, Release
from .services import Services
from .survey import Finding, survey


@dataclass(frozen=True)
class PartStatus:
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

    @property
    def reasons(self) -> tuple[str, str, str]:
        """The sentences about the part; empty texts if there are none."""
        return self.problem, self.rolled_back, self.unverified

    @property
    def next(self) -> str:
        """The effect of `start`."""
        if self.problem:
            return f"fail at {self.name}"
        if self.leftover or (self.unverified and self.live == self.newest):
            return f"fail at {self.name}, until `rollout back`"
        if self.active or self.weights:
            remedy = f" ({ABANDONED_RETURN if self.active else ABANDONED_SHIFT})" if self.name == WORKFLOW else ""
            return f"wait for the end of the move of {self.name}{remedy}"
        return f"move {self.name} from version {self.live} to {self.newest}{' again' if self.rolled_back else ''}"

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


def _as_json(deployment: Deployment) -> dict[str, Any]:
    return {
        "deployment_id": deployment.id,
        "status": deployment.status,
        "time": deployment.created.isoformat(timespec="seconds"),
        "why": f"{deployment.error} {deployment.message}".strip() or None,
    }


@dataclass(frozen=True)
class Status:
    """The versions of all parts of a stack."""

    stack: str
    strategy: str
    functions: list[PartStatus]
    workflow: PartStatus

    @property
    def parts(self) -> list[PartStatus]:
        """The functions, and the state machine of a context with lists."""
        return [*self.functions, *([self.workflow] if self.workflow.aws_name != NO_MACHINE else [])]

    @property
    def exit_status(self) -> int:
        """0 if all parts could be read, otherwise 2."""
        return 2 if any(part.problem for part in self.parts) else 0

    @property
    def next(self) -> str:
        """The effect of `start`, on one line."""
        effects = [part.next for part in self.parts if not part.up_to_date]
        if not effects:
            return "start would do nothing: everything is at its newest version."
        return f"start would, by {self.strategy}: {'; '.join(effects)}."

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


def status(stack: str, release: Release, services: Services) -> Status:
    """Read the versions of all parts. Raises Refused if one problem, such as missing credentials, hides all parts."""
    functions = [_function(finding) for finding in survey(release.functions, services)]
    found = Status(stack, release.strategy.name, functions, _workflow(release, services))
    problems = {part.problem for part in found.parts}
    if len(problems) == 1 and (problem := problems.pop()):
        raise Refused(problem)
    return found


def _function(finding: Finding) -> PartStatus:
    name, aws_name, position = finding.function.name, finding.function.aws_name, finding.position
    if position is None:
        return PartStatus(name, aws_name, problem=finding.problem)
    shares = {version: round(100 * share, 2) for version, share in position.shifting.items()}
    weights = {position.live: round(100 - sum(shares.values()), 2), **shares} if shares else {}
    return PartStatus(
        name,
        aws_name,
        position.live,
        finding.target,
        weights,
        last=finding.history[0] if finding.history else None,
        rolled_back=finding.rolled_back if finding.behind else "",
        active=finding.active is not None,
        unverified=finding.unverified,
        leftover=finding.leftover,
    )


def _workflow(release: Release, services: Services) -> PartStatus:
    name = release.machine.name
    try:
        routing = services.machines.routing()
        newest = max(routing.old, services.machines.newest(), key=int)
    except (Refused, *AWS_ERRORS) as error:
        return PartStatus(WORKFLOW, name, problem=sentence(error))
    note = routing.note
    moved = note is not None and note.returns and note.before != note.target
    returned = f"version {newest} was taken back" if note and moved and note.before == newest else ""
    shares = {version: float(weight) for version, weight in routing.weights.items()} if routing.shifting else {}
    return PartStatus(WORKFLOW, name, routing.old, newest, shares, rolled_back=returned, active=routing.returning)
