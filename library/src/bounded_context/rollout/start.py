"""`rollout start`: every function to its newest version, and then the state machine."""

from .errors import AWS_ERRORS, Refused, sentence
from .machinemove import shared
from .report import Report
from .run import Run
from .survey import Finding, survey

SLACK = 30
"""Minutes that hooks and CodeDeploy itself may take beyond the strategy's duration, if no timeout is given."""


def start(run: Run, report: Report, minutes: float | None) -> None:
    """Fill the report by doing it. Raises Refused if deployments of others are in the way and `--on-conflict fail`."""
    findings = survey(run.release.functions, run.tools)
    if report.order.on_conflict == "fail":
        _refuse_conflicts(run, findings)
    for finding in findings:
        if finding.behind and finding.rolled_back:
            run.screen.tell(f"{finding.function.name}: {finding.rolled_back}: starting it again.")
    minutes = minutes or run.release.strategy.duration + SLACK
    run.move_functions(report, minutes, [(function, "") for function in run.release.functions])
    if any(part.result not in ("succeeded", "up to date") for part in report.functions):
        report.workflow.finish("not started", "not every function is at its newest version.")
    else:
        run.move_machine(report, minutes)


def _refuse_conflicts(run: Run, findings: list[Finding]) -> None:
    active = [
        f"{finding.active.id} of {finding.function.name}" for finding in findings if finding.behind and finding.active
    ]
    try:
        routing = run.machines.routing()
    except AWS_ERRORS as error:
        raise Refused(f"The state machine's alias cannot be read ({sentence(error)}): nothing was started.") from error
    if routing.shifting:
        active.append(shared(routing))
    if active:
        raise Refused(f"Active already: {', '.join(active)}: wait for the end, or pass --on-conflict wait or stop.")
