"""`rollout status`: the versions of all aliases, and the effect of `start`. Changes nothing."""

from ...command.aws_errors import AWS_ERRORS, Refused, sentence
from .run import Run
from .status_report import WORKFLOW, Status, Where
from .survey import Finding, survey


def status(run: Run) -> Status:
    """Read the versions of all parts."""
    functions = [_function(finding) for finding in survey(run.release.functions, run.tools)]
    return Status(run.stack, run.release.strategy.name, functions, _workflow(run))


def _function(finding: Finding) -> Where:
    name, aws_name, position = finding.function.name, finding.function.aws_name, finding.position
    if position is None:
        return Where(name, aws_name, problem=finding.problem)
    shares = {version: round(100 * share, 2) for version, share in position.shifting.items()}
    weights = {position.live: round(100 - sum(shares.values()), 2), **shares} if shares else {}
    return Where(
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


def _workflow(run: Run) -> Where:
    name = run.release.machine.name
    try:
        routing = run.machines.routing()
        newest = max(routing.old, run.machines.newest(), key=int)
    except (Refused, *AWS_ERRORS) as error:
        return Where(WORKFLOW, name, problem=str(error) if isinstance(error, Refused) else sentence(error))
    note = routing.note
    moved = note is not None and note.back and note.before != note.target
    returned = f"version {newest} was taken back" if note and moved and note.before == newest else ""
    shares = {version: float(weight) for version, weight in routing.weights.items()} if routing.shifting else {}
    return Where(WORKFLOW, name, routing.old, newest, shares, rolled_back=returned, active=routing.returning)
