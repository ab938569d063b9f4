"""`rollout start`: release the newest version of every function, and then of the state machine."""

from ...command.aws_errors import Refused
from .follow import Task
from .functionmove import Goal
from .machinemove import MachineMove, conflict
from .report import Report
from .run import Run
from .survey import Survey

SLACK = 30
"""Minutes for hooks and CodeDeploy itself beyond the strategy's duration, if no timeout is given."""


def start(run: Run, report: Report, survey: Survey, minutes: float | None) -> None:
    """Release the versions that the survey found, and fill the report.

    Raises:
        Refused: a function cannot be read; an earlier release left a state that only a return ends; or, if the order is
            to fail then, deployments of other runs are active.
    """
    if survey.problems:
        raise Refused(f"Nothing was started, since functions cannot be read: {survey.problems}.")
    _refuse_remains(survey)
    if report.order.on_conflict == "fail":
        _refuse_conflicts(survey)
    for finding in survey.findings:
        if finding.behind and finding.rolled_back:
            run.screen.tell(f"{finding.function.name}: {finding.rolled_back}: starting it again.")
    minutes = minutes or run.release.strategy.duration + SLACK
    run.move_functions(report, minutes, [Goal.forward(finding) for finding in survey.findings])
    if problem := _obstacle(report):
        report.workflow.finish("not started", problem)
        run.confirm(report)
        return
    _move_machine(run, report, survey, minutes)
    if report.workflow.result == "succeeded":
        run.confirm(report)


def _move_machine(run: Run, report: Report, survey: Survey, minutes: float) -> None:
    part = report.workflow

    def obstacle() -> str:
        run.confirm(report)
        return _obstacle(report)

    move = MachineMove(part, report.order, run.services, run.clock, survey, obstacle)
    run.follow([Task(part, move.steps())], report, minutes)


def _obstacle(report: Report) -> str:
    succeeded = all(part.succeeded for part in report.functions)
    return "" if succeeded else "not every function is at its newest version."


def _refuse_remains(survey: Survey) -> None:
    remains = [
        f"{finding.function.name}: {finding.position.leftover if finding.leftover else finding.unverified}"
        for finding in survey.findings
        if finding.position and (finding.leftover or (finding.unverified and not finding.behind))
    ]
    if remains:
        raise Refused(" ".join(remains))


def _refuse_conflicts(survey: Survey) -> None:
    active = [
        f"{finding.active.id} of {finding.function.name}"
        for finding in survey.findings
        if finding.behind and finding.active
    ]
    if survey.routing.shifting or survey.routing.returning:
        active.append(conflict(survey.routing))
    if active:
        raise Refused(f"Active already: {', '.join(active)}: wait for the end, or pass --on-conflict wait or stop.")
