"""`rollout back`: return everything that the last release made live to the version before, at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter, itemgetter
from typing import Self

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Expired, Refusal, sentence

from .deployments import POLL, Deployment, Steps, Task, deployment_of, unverified
from .functionmove import Goal
from .machinemove import note_of_return
from .machines import NO_VERSION, Changed, MachineAlias, Routing
from .releases import WORKFLOW, Ended, Note, RolloutReport, digest_of
from .status import RolloutRun
from .survey import Finding, Survey

MINUTES = 30
"""The longest duration, if no timeout is given."""

TRIES = 3
"""Attempts to record the end of a return."""

UNKNOWN = "unknown"
"""The release id of a deployment that was created in the console."""


@dataclass(frozen=True)
class ReturnPlan:
    """The releases to reverse, the last one first, and the goals of the functions that return.

    `machine` is the version that gets all executions of the state machine.
    """

    release_ids: Sequence[str]
    goals: Sequence[Goal]
    machine: str
    survey: Survey

    @property
    def versions(self) -> Mapping[str, str]:
        """The versions of all parts after the return, by the parts' names."""
        live = {finding.function.name: finding.live for finding in self.survey.findings}
        returning = {goal.finding.function.name: goal.target for goal in self.goals}
        return {**live, **returning, WORKFLOW: self.machine}


@dataclass(frozen=True)
class Undone:
    """The releases that a return reverses. `began` is the time at which the first of them began."""

    releases: frozenset[str]
    began: datetime | None

    @classmethod
    def of(cls, releases: Sequence[tuple[datetime, Note]]) -> Self:
        """Return the releases of these notes."""
        # A run begins before its first deployment, and takes over the deployments that are active then.
        times = [time for first, note in releases for time in (first, note.began_before) if time]
        return cls(frozenset(note.release for _, note in releases), min(times, default=None))

    def has(self, deployment: Deployment) -> bool:
        """Return whether one of the releases created a deployment, or took it over."""
        note, ended = deployment.note, deployment.completed
        taken_over = self.began is not None and ended is not None and ended > self.began
        return taken_over or (note is not None and note.release in self.releases)


def plan_return(run: RolloutRun) -> ReturnPlan:
    """Find the changes of the last release. Raises Refusal if they are unknown, or if there is none."""
    survey = run.survey()
    plan = plan_of(run, survey)
    unchanged = plan.machine == survey.routing.old and not survey.routing.shifting and not survey.routing.returning
    if not plan.goals and unchanged:
        raise Refusal(f"Nothing can go back: no live version was brought by the last release. {_state(survey)}")
    return plan


def plan_of(run: RolloutRun, survey: Survey) -> ReturnPlan:
    """Return the plan that reverses the last release, and each release before it that had not ended.

    Without the latter, the stack would keep versions that it has never run together. No more releases are reversed if
    the versions are those of an earlier release. Raises Refusal if a function cannot be read.
    """
    if survey.problems:
        raise Refusal(f"The last release cannot be known: {survey.problems}. {_state(survey)}")
    releases = _releases(survey)
    plan = _plan(run, survey, releases[:1])
    for number, (_, earlier) in enumerate(releases[1:], start=2):
        is_an_end = any(note.release == digest_of(plan.versions) for _, note in releases[number:])
        if is_an_end or not earlier.may_be_unfinished(plan.versions):
            break
        plan = _plan(run, survey, releases[:number])
    return plan


def _plan(run: RolloutRun, survey: Survey, releases: Sequence[tuple[datetime, Note]]) -> ReturnPlan:
    """Return the plan that reverses these releases, the last one first."""
    undone = Undone.of(releases)
    goals = [goal for finding in survey.findings if (goal := _goal(run, finding, undone))]
    ids = [note.release_id for _, note in releases] or [UNKNOWN]
    return ReturnPlan(ids, goals, _machine_before(survey.routing, undone), survey)


def execute(run: RolloutRun, report: RolloutReport, plan: ReturnPlan, minutes: float | None) -> None:
    """Return the state machine and then the functions, because its definition may rely on them.

    The state machine's alias is marked meanwhile, so no release moves it.
    """
    for unfinished in plan.release_ids[1:]:
        run.screen.tell(f"Release {unfinished} had not ended when the next one began: it goes back too.")
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
        run.move_functions(report, minutes or MINUTES, plan.goals, alias.beat)
        run.confirm(report)
        _fail_newly_deployed(run, report)
    finally:
        _end_mark(run, report, alias)


def _return_machine(report: RolloutReport, plan: ReturnPlan, alias: MachineAlias) -> Steps[None]:
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


def _finish_unchanged(report: RolloutReport, plan: ReturnPlan) -> None:
    """Finish the functions that do not return."""
    returning = {goal.finding.function.name for goal in plan.goals}
    for part in report.functions:
        if part.name not in returning:
            part.before = part.target = plan.versions[part.name]
            part.finish("up to date", "the last release did not bring its live version.")


def _fail_newly_deployed(run: RolloutRun, report: RolloutReport) -> None:
    """Fail the functions for which another run has created a deployment meanwhile."""
    for part, function in zip(report.functions, run.release.functions, strict=True):
        try:
            active = run.services.deployments.active(function.group) if part.succeeded else None
        except AWS_ERRORS as error:
            part.finish("failed", f"its deployments cannot be read again ({sentence(error)}): see `rollout status`.")
            continue
        if active:
            part.finish("failed", f"another run moves it now ({active.id}): run `rollout back` again.")


def _end_mark(run: RolloutRun, report: RolloutReport, alias: MachineAlias) -> None:
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


def _releases(survey: Survey) -> list[tuple[datetime, Note]]:
    """Return the first deployment of each release, by its time on AWS, with its note; the last release first.

    A release without a deployment has the time of its id, which AWS's clock set.
    """
    deployments = sorted(
        (deployment for finding in survey.findings for deployment in finding.history), key=attrgetter("created")
    )
    releases: dict[str, tuple[datetime, Note]] = {}
    for deployment in deployments:
        if deployment.started and (note := deployment.note) and not note.returns:
            releases.setdefault(note.release, (deployment.created, note))
    if note := survey.routing.note:
        times = [time for time in (note.began_before, survey.routing.changed) if time]
        if times:
            releases.setdefault(note.release, (min(times), note))
    return sorted(releases.values(), key=itemgetter(0), reverse=True)


def _goal(run: RolloutRun, finding: Finding, undone: Undone) -> Goal | None:
    """Return the version that a function returns to, or None if the function stays."""
    assert finding.position  # noqa: S101 - findings with problems were refused
    goal = Goal(finding, finding.live, returns=True)
    if finding.active:
        goal = _goal_of_active(run, finding, goal)
    elif finding.leftover:
        goal = replace(goal, target=finding.position.old)
    moves = bool(finding.active or finding.leftover)
    before, brought = _before(finding.history, goal.target, undone), finding.deployment
    if before == goal.target:
        return goal if moves else None
    reversed_id = "" if moves or brought is None else brought.id
    return replace(goal, target=before, origins=goal.origins | {goal.target}, reversed_id=reversed_id)


def _before(history: Sequence[Deployment], version: str, undone: Undone) -> str:
    """Return the version of a function before the releases that led to `version`; the same without such a release.

    A version whose deployment did not succeed is passed over.
    """
    while (brought := deployment_of(history, version)) and (note := brought.note) and not note.returns:
        if not (undone.has(brought) or unverified(history, version)):
            break
        version, history = note.before, history[history.index(brought) + 1 :]
    return version


def _goal_of_active(run: RolloutRun, finding: Finding, goal: Goal) -> Goal:
    """Return the version before the active deployment. The alias may already be at the deployment's target."""
    original = finding.original
    assert original and finding.active  # noqa: S101 - the caller has checked it
    live = goal.target
    if original.note:
        before, after = original.note.before, original.note.target
    else:
        shift = run.services.deployments.shift(original.id)
        before, after = (shift.current, shift.target) if shift else (live, live)
    origins = frozenset({live, max(before, after, key=int)})
    return replace(goal, target=min(before, after, key=int), origins=origins)


def _machine_before(routing: Routing, undone: Undone) -> str:
    """Return the state machine's version before the releases, or before a shift that ended during them."""
    note = routing.note
    if routing.shifting or note is None or note.returns or undone.began is None or routing.old != note.target:
        return routing.old
    during = routing.changed is not None and routing.changed > undone.began
    return note.before if note.release in undone.releases or during else routing.old
