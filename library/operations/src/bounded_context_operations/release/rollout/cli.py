"""`context rollout start|status|back`: the traffic of a stack."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from bounded_context_cli.command.aws_errors import INTERRUPTED, Refusal
from bounded_context_cli.command.console import RepairState
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.operation import Access, Outputs, Stack, interrupt_once, operate
from bounded_context_cli.command.values import AsJson, counted, reason

from . import releases
from .deployments import Task
from .figures import Commits
from .functionmove import Goal
from .machinemove import MachineMove, conflict
from .prune import prune
from .releases import OnConflict, Order, RolloutReport, release_id
from .returns import execute, plan_return
from .status import RolloutRun, RolloutScreen
from .status import status as read_status
from .survey import Services, Survey

SLACK = 30
"""Minutes for hooks and CodeDeploy itself beyond the strategy's duration, if no timeout is given."""


def begin_release(run: RolloutRun, report: RolloutReport, survey: Survey, minutes: float | None) -> None:
    """Release the versions that the survey found, and fill the report.

    Raises:
        Refusal: a function cannot be read; an earlier release left a state that only a return ends; a version has
            failed, and the order does not release it again; or, if the order is to fail then, deployments of other runs
            are active.
    """
    if survey.problems:
        raise Refusal(f"Nothing was started, since functions cannot be read: {survey.problems}.")
    _refuse_remains(survey)
    if not report.order.again:
        _refuse_failed(survey)
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


def _move_machine(run: RolloutRun, report: RolloutReport, survey: Survey, minutes: float) -> None:
    part = report.workflow

    def obstacle() -> str:
        run.confirm(report)
        return _obstacle(report)

    move = MachineMove(part, report.order, run.services, run.clock, survey, obstacle)
    run.follow([Task(part, move.steps())], report, minutes)


def _obstacle(report: RolloutReport) -> str:
    succeeded = all(part.succeeded for part in report.functions)
    return "" if succeeded else "not every function is at its newest version."


def _refuse_remains(survey: Survey) -> None:
    remains = [
        f"{finding.function.name}: {finding.position.leftover if finding.leftover else finding.unverified}"
        for finding in survey.findings
        if finding.position and (finding.leftover or (finding.unverified and not finding.behind))
    ]
    if remains:
        raise Refusal(" ".join(remains))


def _refuse_failed(survey: Survey) -> None:
    failed = [
        f"version {finding.newest} of {finding.function.name} ({finding.failed.summary})"
        for finding in survey.findings
        if finding.behind and finding.failed
    ]
    if failed:
        raise Refusal(
            f"Nothing was started, since these failed before: {', '.join(failed)}. Repair the cause, and deploy a new "
            "version; or, if the version was right, pass --again."
        )


def _refuse_conflicts(survey: Survey) -> None:
    active = [
        f"{finding.active.id} of {finding.function.name}"
        for finding in survey.findings
        if finding.behind and finding.active
    ]
    if survey.routing.shifting or survey.routing.returning:
        active.append(conflict(survey.routing))
    if active:
        raise Refusal(f"Active already: {', '.join(active)}: wait for the end, or pass --on-conflict wait or stop.")


_ATTEMPTS = 9
"""The attempts of a call."""

_TIMEOUT = (
    "how long the functions together, and after them the state machine, may each take; then they are rolled back"
    " (default: {})"
)
_ON_CONFLICT = (
    "an active deployment of another run: wait for its end, and take its result if it goes to the same version; stop it"
    " with rollback; or fail before anything changes"
)


def start(
    ctx: typer.Context,
    stack: Stack,
    timeout: Annotated[
        int | None,
        Option(
            parser=counted("minutes", 45),
            metavar="MINUTES",
            help=_TIMEOUT.format("the strategy's duration and 30"),
        ),
    ] = None,
    on_conflict: Annotated[OnConflict, Option(help=_ON_CONFLICT)] = "wait",
    ignore_alarms: Annotated[
        str | None, Option(parser=reason, metavar="WHY", help="emergency: no alarm stops this release, for this reason")
    ] = None,
    again: Annotated[bool, Option("--again", help="also release versions whose deployment failed before")] = False,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Shift the traffic of a stack to the newest versions, and follow it to its end.

    A successful start deletes old versions, except those that an alias, a way back or a comparison needs.

    Refused while a repair has paused the stack: the calls of hooks would be throttled, and the release rolled back.
    Also refused for a version that a hook, an alarm or an error has ended: deploy a new version, or pass --again.

    Examples:
      context rollout start dev
      context rollout start prod --again                            also a version that failed, after its cause is gone
      context rollout start prod --timeout 90                       with more time
      context rollout start prod --ignore-alarms 'ticket 4711'      although an alarm is on

    Exit status:
      0    all traffic is at the newest versions
      1    a version failed, or was rolled back
      2    refused before anything changed
      130  Ctrl-C
    """
    access, ignored = Access.of(ctx, _ATTEMPTS), ignore_alarms or ""

    def act(run: RolloutRun) -> int:
        exit_status = start_release(run, on_conflict, ignored, timeout, again=again)
        if exit_status == 0:
            prune(run, access.clients_of(run.release.region)("lambda"))
        return exit_status

    return _run(ctx, stack, outputs_file, as_json, act, starts=True)


def status(ctx: typer.Context, stack: Stack, outputs_file: Outputs = None, as_json: AsJson = False) -> int:
    """Print the versions of all aliases, and the effect of a start. Changes nothing.

    The first line names a repair that has paused the stack, and the commands that end it.

    Examples:
      context rollout status prod

    Exit status:
      0  all aliases could be read
      2  an alias could not be read
    """
    return _run(ctx, stack, outputs_file, as_json, show_status)


def back(
    ctx: typer.Context,
    stack: Stack,
    timeout: Annotated[
        int | None, Option(parser=counted("minutes", 45), metavar="MINUTES", help=_TIMEOUT.format("30"))
    ] = None,
    outputs_file: Outputs = None,
    as_json: AsJson = False,
) -> int:
    """Return the last release of a stack to the versions before it.

    Not refused while a repair has paused the stack: the way back calls no function and moves aliases only, and a bad
    release must be gone before the stack resumes.

    Examples:
      context rollout back prod

    Exit status:
      0    all aliases are at the versions before
      1    an alias is not
      2    refused before anything changed
      130  Ctrl-C
    """
    return _run(ctx, stack, outputs_file, as_json, lambda run: return_release(run, timeout))


def start_release(
    run: RolloutRun, on_conflict: OnConflict, ignored_alarms: str, timeout: float | None, *, again: bool
) -> int:
    """Start a release, show its report, and return the exit status. A person who ignores alarms starts it again."""
    survey = run.survey()
    now = run.clock.now()
    began, commit = survey.routing.read or now, Commits(repository().root).current
    identity = release_id(began, survey.targets, now.microsecond, survey.machine_after, commit)
    again = again or bool(ignored_alarms)
    report = run.report(Order(run.release, run.stack, identity, on_conflict, ignored_alarms, again=again))
    return _act_and_report(run, report, lambda: begin_release(run, report, survey, timeout))


def return_release(run: RolloutRun, timeout: float | None) -> int:
    """Return the last release, show the report, and return the exit status."""
    plan = plan_return(run)
    report = run.report(Order(run.release, run.stack, plan.release_ids[0], on_conflict="stop", returns=True))
    return _act_and_report(run, report, lambda: execute(run, report, plan, timeout))


def show_status(run: RolloutRun) -> int:
    """Show the versions of all aliases, and return the exit status."""
    status = read_status(run.stack, run.release, run.services)
    run.screen.show_status(status)
    return status.exit_status


def _run(
    ctx: typer.Context,
    stack: str,
    file: Path | None,
    as_json: bool,
    command: Callable[[RolloutRun], int],
    *,
    starts: bool = False,
) -> int:
    access, screen = Access.of(ctx, _ATTEMPTS), RolloutScreen(as_json=as_json)

    def act() -> int:
        release = releases.read(stack, repository().service, file)
        connect = access.clients_of(release.region)
        state = RepairState(stack, "shift", access.clock.now(), file)
        screen.show_repair(state.read(connect("dynamodb"), release.table), writes=starts)
        return command(RolloutRun(stack, release, Services.of(connect, release), access.clock, screen))

    interrupt_once()
    return operate(screen, stack, "shift", act)


def _act_and_report(run: RolloutRun, report: RolloutReport, act: Callable[[], None]) -> int:
    """Act, and show the report also if that is interrupted."""
    reason, interrupted = report.order.ignored_alarms, False
    if reason:
        run.screen.warn_of_ignored_alarms(reason)
    try:
        act()
    except KeyboardInterrupt:
        interrupted = True
        report.interrupt()
    finally:
        run.screen.end()
    report.ended = run.clock.now()
    run.screen.show_report(report)
    if reason:
        run.screen.warn_of_ignored_alarms(reason)
    if interrupted:
        detached = any(part.result == "detached" for part in report.parts)
        run.screen.fail(f"Interrupted{': CodeDeploy goes on, ask `rollout status`' if detached else ''}.")
    return INTERRUPTED if interrupted else report.exit_status
