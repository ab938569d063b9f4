"""`rollout back`: return everything that the last release made live to the version before, at once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter, itemgetter

from ...command.aws_errors import AWS_ERRORS, Expired, Refused, sentence
from .follow import POLL, Journey
from .goal import Goal
from .machinealias import Changed, Heartbeat, MachineAlias
from .machinemove import note_of_return
from .machines import Routing
from .model import GOOD, Steps
from .notes import Note
from .outputs import Function
from .report import Report
from .run import Run
from .survey import Finding, Survey

MINUTES = 30
"""The longest duration, if no timeout is given."""

TRIES = 3
"""Attempts to record the end of a return."""

UNKNOWN = "unknown"
"""The release id of a deployment that was created in the console."""


@dataclass(frozen=True)
class Way:
    """The goals of the returning functions, and the version that gets all executions of the state machine."""

    release_id: str
    functions: Mapping[Function, Goal]
    machine: str
    survey: Survey


def find_way(run: Run) -> Way:
    """Find the changes of the last release. Raises Refused if they are unknown, or if there is none."""
    survey = run.survey()
    _refuse_problems(survey)
    began, last = max(_beginnings(survey).values(), key=itemgetter(0), default=(None, None))
    if began and last and last.began:
        # The run began before its first deployment, and took over the deployments that were active then.
        began = min(began, last.began + timedelta(seconds=1))
    goals = {finding.function: goal for finding in survey.findings if (goal := _goal(run, finding, last, began))}
    machine = _machine_before(survey.routing, last, began)
    stays = machine == survey.routing.old and not survey.routing.shifting and not survey.routing.returning
    if not goals and stays:
        raise Refused(f"Nothing can go back: no live version was brought by the last release. {_state(survey)}")
    return Way(last.release_id if last else UNKNOWN, goals, machine, survey)


def back(run: Run, report: Report, way: Way, minutes: float | None) -> None:
    """Return the state machine and then the functions, because its definition may rely on them.

    The state machine's alias is marked meanwhile, so that no release moves it.
    """
    part, routing = report.workflow, way.survey.routing
    alias = MachineAlias(part, run.machines, routing)
    part.before, part.target = max(routing.weights, key=int), way.machine
    run.follow([Journey(part, _return(report, way, alias))], report, minutes or MINUTES)
    if part.result not in GOOD:
        for function in report.functions:
            function.finish("not started", "the state machine has to go back first.")
        return
    try:
        _stay(report, way)
        beat = Heartbeat(alias, run.machines, run.clock)
        run.move_functions(report, minutes or MINUTES, way.functions, beat)
        run.confirm(report)
        _find_newcomers(run, report)
    finally:
        _end_mark(run, report, alias)


def _return(report: Report, way: Way, alias: MachineAlias) -> Steps[None]:
    """Give all executions to the version before, and mark the alias."""
    part, routing = report.workflow, way.survey.routing
    note = note_of_return(report.order, routing, going=True)
    stays = not routing.shifting and way.machine == routing.old
    if stays:
        note = Note(report.order.release_id, note.stack, note.name, way.machine, way.machine, back=True, going=True)
    try:
        yield from alias.write(Routing({way.machine: 100}, str(note)))
    except Changed:
        part.finish("failed", "another run has changed its alias since it was read: run `rollout back` again.")
        return
    except Expired:
        part.finish("timed out", "AWS did not answer: see `rollout status`, then run `rollout back` again.")
        return
    part.live = way.machine
    part.finish(*(("up to date", "the last release did not move it.") if stays else ("succeeded", "")))


def _stay(report: Report, way: Way) -> None:
    """Finish the functions that do not return."""
    returning = {function.name for function in way.functions}
    live = {finding.function.name: finding.position.live for finding in way.survey.findings if finding.position}
    for part in report.functions:
        if part.name not in returning:
            part.before = part.target = live[part.name]
            part.finish("up to date", "the last release did not bring its live version.")


def _find_newcomers(run: Run, report: Report) -> None:
    """Fail the functions for which another run has created a deployment meanwhile."""
    for part, function in zip(report.functions, run.release.functions, strict=True):
        try:
            active = run.tools.deployments.active(function.group) if part.result in GOOD else None
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
            if alias.put(_ended(alias.known), run.machines.routing()):
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
    return Routing(routing.weights, str(replace(routing.note, going=False)))


# The last release.


def _refuse_problems(survey: Survey) -> None:
    if survey.problems:
        raise Refused(f"The last release cannot be known: {survey.problems}. {_state(survey)}")


def _state(survey: Survey) -> str:
    """Describe every alias, and name the next command."""
    functions = [
        f"{finding.function.name} {finding.position.where if finding.position else 'unknown'}"
        for finding in survey.findings
    ]
    shares = " and ".join(f"{version} ({weight} %)" for version, weight in survey.routing.weights.items())
    return f"Live now: {', '.join([*functions, f'workflow {shares}'])}. Next: `rollout status`."


def _beginnings(survey: Survey) -> Mapping[str, tuple[datetime, Note]]:
    """Return the first deployment of each release, by its time on AWS, with its note.

    A release without a deployment has the time of its id, which AWS's clock set.
    """
    deployments = sorted(
        (deployment for finding in survey.findings for deployment in finding.history), key=attrgetter("created")
    )
    forward = (
        (deployment.created, deployment.note)
        for deployment in deployments
        if deployment.began and deployment.note and not deployment.note.back
    )
    note, began = survey.routing.note, _began_at_the_latest(survey.routing)
    moved = [(began, note)] if note and began else []
    found: dict[str, tuple[datetime, Note]] = {}
    for began, release_note in (*forward, *moved):
        found.setdefault(release_note.release, (began, release_note))
    return found


def _began_at_the_latest(routing: Routing) -> datetime | None:
    """Return the latest possible beginning of the alias's release. An id has whole seconds."""
    noted = routing.note.began if routing.note else None
    times = [time for time in (noted and noted + timedelta(seconds=1), routing.changed) if time]
    return min(times, default=None)


def _goal(run: Run, finding: Finding, last: Note | None, began: datetime | None) -> Goal | None:
    """Return the version that a function returns to, or None if the function stays."""
    assert finding.position  # noqa: S101 - findings with problems were refused
    live = finding.position.live
    if finding.active:
        return _goal_of_active(run, finding, live)
    if finding.leftover:
        return Goal(finding.position.old, frozenset(), back=True)
    brought = finding.brought
    if brought is None or brought.note is None or brought.note.back or last is None:
        return None
    # A release takes over the deployments that were active when it began.
    taken_over = began is not None and brought.completed is not None and brought.completed > began
    if brought.note.release == last.release or taken_over or finding.unverified:
        return Goal(brought.note.before, frozenset({live}), back=True, brought=brought.id)
    return None


def _goal_of_active(run: Run, finding: Finding, live: str) -> Goal:
    """Return the version before the active deployment. The alias may already be at the deployment's target."""
    leader = finding.leader
    assert leader and finding.active  # noqa: S101 - the caller has checked it
    if leader.note:
        before, after = leader.note.before, leader.note.target
    else:
        shift = run.tools.deployments.shift(leader.id)
        before, after = (shift.current, shift.target) if shift else (live, live)
    origins = frozenset({live, max(before, after, key=int)})
    return Goal(min(before, after, key=int), origins, back=True, active=finding.active.id)


def _machine_before(routing: Routing, last: Note | None, began: datetime | None) -> str:
    """Return the state machine's version before the last release, or before a shift that ended during that release."""
    note = routing.note
    if routing.shifting or note is None or note.back or last is None or routing.old != note.target:
        return routing.old
    during = began is not None and routing.changed is not None and routing.changed > began
    return note.before if note.release == last.release or during else routing.old
