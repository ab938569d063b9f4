"""`rollout back`: return everything that the last release made live to the version before, at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter, itemgetter

from ...command.aws_errors import AWS_ERRORS, Expired, Refused, sentence
from .follow import POLL, Steps, Task
from .goal import Goal
from .machinemove import note_of_return
from .machines import NO_VERSION, Changed, MachineAlias, Routing
from .notes import Note
from .outputs import Function
from .report import Ended, Report
from .run import Run
from .survey import Finding, Survey

MINUTES = 30
"""The longest duration, if no timeout is given."""

TRIES = 3
"""Attempts to record the end of a return."""

UNKNOWN = "unknown"
"""The release id of a deployment that was created in the console."""


@dataclass(frozen=True)
class ReturnPlan:
    """The goals of the returning functions, and the version that gets all executions of the state machine."""

    release_id: str
    functions: Mapping[Function, Goal]
    machine: str
    survey: Survey


def plan_return(run: Run) -> ReturnPlan:
    """Find the changes of the last release. Raises Refused if they are unknown, or if there is none."""
    survey = run.survey()
    if survey.problems:
        raise Refused(f"The last release cannot be known: {survey.problems}. {_state(survey)}")
    began, last = max(_beginnings(survey).values(), key=itemgetter(0), default=(None, None))
    if began and last and last.began_before:
        # The run began before its first deployment, and took over the deployments that were active then.
        began = min(began, last.began_before)
    goals = {finding.function: goal for finding in survey.findings if (goal := _goal(run, finding, last, began))}
    machine = _machine_before(survey.routing, last, began)
    unchanged = machine == survey.routing.old and not survey.routing.shifting and not survey.routing.returning
    if not goals and unchanged:
        raise Refused(f"Nothing can go back: no live version was brought by the last release. {_state(survey)}")
    return ReturnPlan(last.release_id if last else UNKNOWN, goals, machine, survey)


def execute(run: Run, report: Report, plan: ReturnPlan, minutes: float | None) -> None:
    """Return the state machine and then the functions, because its definition may rely on them.

    The state machine's alias is marked meanwhile, so that no release moves it.
    """
    part, routing = report.workflow, plan.survey.routing
    alias = MachineAlias(part, run.services.machines, run.clock, routing)
    part.before, part.target = routing.new, plan.machine
    run.follow([Task(part, _return_machine(report, plan, alias))], report, minutes or MINUTES)
    if not part.succeeded:
        for function in report.functions:
            function.finish("not started", "the state machine has to go back first.")
        return
    try:
        _finish_unchanged(report, plan)
        run.move_functions(report, minutes or MINUTES, plan.functions, alias.beat)
        run.confirm(report)
        _fail_newly_deployed(run, report)
    finally:
        _end_mark(run, report, alias)


def _return_machine(report: Report, plan: ReturnPlan, alias: MachineAlias) -> Steps[None]:
    """Give all executions to the version before, and mark the alias."""
    part, routing, target = report.workflow, plan.survey.routing, plan.machine
    note = note_of_return(report.order, routing, active=True)
    unchanged = not routing.shifting and target == routing.old
    if unchanged:
        note = replace(note, release_id=report.order.release_id, before=target, target=target, ignored_alarms="")
    try:
        yield from alias.write(Routing({target: 100}, str(note)))
    except Changed:
        raise Ended(
            "failed", "another run has changed its alias since it was read: run `rollout back` again."
        ) from None
    except Expired:
        raise Ended("timed out", "AWS did not answer: see `rollout status`, then run `rollout back` again.") from None
    part.live = target
    part.finish(*(("up to date", "the last release did not move it.") if unchanged else ("succeeded", "")))


def _finish_unchanged(report: Report, plan: ReturnPlan) -> None:
    """Finish the functions that do not return."""
    returning = {function.name for function in plan.functions}
    live = {finding.function.name: finding.position.live for finding in plan.survey.findings if finding.position}
    for part in report.functions:
        if part.name not in returning:
            part.before = part.target = live[part.name]
            part.finish("up to date", "the last release did not bring its live version.")


def _fail_newly_deployed(run: Run, report: Report) -> None:
    """Fail the functions for which another run has created a deployment meanwhile."""
    for part, function in zip(report.functions, run.release.functions, strict=True):
        try:
            active = run.services.deployments.active(function.group) if part.succeeded else None
        except AWS_ERRORS as error:
            part.finish("failed", f"its deployments cannot be read again ({sentence(error)}): see `rollout status`.")
            continue
        if active:
            part.finish("failed", f"another run moves it now ({active.id}): run `rollout back` again.")


def _end_mark(run: Run, report: Report, alias: MachineAlias) -> None:
    """Record in the alias that the return has ended, unless another run has written the alias."""
    problem = ""
    for _ in range(TRIES):
        try:
            if alias.put(_ended(alias.known), run.services.machines.routing()):
                return
            problem = "AWS does not answer"
        except Changed:
            problem = "another run has changed it"
            break
        except AWS_ERRORS as error:
            problem = sentence(error)
        run.clock.sleep(POLL)
    report.workflow.finish("failed", f"its alias does not record the end of the way back ({problem}): run it again.")


def _ended(routing: Routing) -> Routing:
    assert routing.note  # noqa: S101 - this run wrote it
    return Routing(routing.weights, str(replace(routing.note, active_return=False)))


# The last release.


def _state(survey: Survey) -> str:
    """Describe every alias, and name the next command."""
    functions = [
        f"{finding.function.name} {finding.position.where if finding.position else 'unknown'}"
        for finding in survey.findings
    ]
    shares = " and ".join(f"{version} ({weight} %)" for version, weight in survey.routing.weights.items())
    workflow = [] if survey.machine_newest == NO_VERSION else [f"workflow {shares}"]
    return f"Live now: {', '.join([*functions, *workflow])}. Next: `rollout status`."


def _beginnings(survey: Survey) -> Mapping[str, tuple[datetime, Note]]:
    """Return the first deployment of each release, by its time on AWS, with its note.

    A release without a deployment has the time of its id, which AWS's clock set.
    """
    deployments = sorted(
        (deployment for finding in survey.findings for deployment in finding.history), key=attrgetter("created")
    )
    found: dict[str, tuple[datetime, Note]] = {}
    for deployment in deployments:
        if deployment.started and (note := deployment.note) and not note.returns:
            found.setdefault(note.release, (deployment.created, note))
    if note := survey.routing.note:
        times = [time for time in (note.began_before, survey.routing.changed) if time]
        if times:
            found.setdefault(note.release, (min(times), note))
    return found


def _goal(run: Run, finding: Finding, last: Note | None, began: datetime | None) -> Goal | None:
    """Return the version that a function returns to, or None if the function stays."""
    assert finding.position  # noqa: S101 - findings with problems were refused
    live = finding.position.live
    if finding.active:
        return _goal_of_active(run, finding, live)
    if finding.leftover:
        return Goal(finding.position.old, frozenset(), returns=True)
    deployment = finding.deployment
    if deployment is None or deployment.note is None or deployment.note.returns or last is None:
        return None
    # A release takes over the deployments that were active when it began.
    taken_over = began is not None and deployment.completed is not None and deployment.completed > began
    if deployment.note.release == last.release or taken_over or finding.unverified:
        return Goal(deployment.note.before, frozenset({live}), returns=True, reversed_id=deployment.id)
    return None


def _goal_of_active(run: Run, finding: Finding, live: str) -> Goal:
    """Return the version before the active deployment. The alias may already be at the deployment's target."""
    original = finding.original
    assert original and finding.active  # noqa: S101 - the caller has checked it
    if original.note:
        before, after = original.note.before, original.note.target
    else:
        shift = run.services.deployments.shift(original.id)
        before, after = (shift.current, shift.target) if shift else (live, live)
    origins = frozenset({live, max(before, after, key=int)})
    return Goal(min(before, after, key=int), origins, returns=True, active=finding.active.id)


def _machine_before(routing: Routing, last: Note | None, began: datetime | None) -> str:
    """Return the state machine's version before the last release, or before a shift that ended during that release."""
    note = routing.note
    if routing.shifting or note is None or note.returns or last is None or routing.old != note.target:
        return routing.old
    during = began is not None and routing.changed is not None and routing.changed > began
    return note.before if note.release == last.release or during else routing.old
