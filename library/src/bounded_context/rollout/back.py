"""`rollout back`: what the last release brought live goes back to the version before, at once."""

from .deployments import Deployment
from .errors import AWS_ERRORS, Refused, sentence
from .machines import Routing
from .notes import Note
from .outputs import Function
from .report import Report
from .run import Run
from .survey import Finding, survey

MINUTES = 30
"""How long it may take, if no timeout is given."""


class Way:
    """What goes back and to which version: functions, and the state machine if `machine` is not empty."""

    def __init__(self, release_id: str, functions: list[tuple[Function, str]], machine: str) -> None:
        self.release_id = release_id
        self.functions = functions
        self.machine = machine


def find_way(run: Run) -> Way:
    """Find out what the last release brought live. Raises Refused if that cannot be known, or is nothing."""
    findings = survey(run.release.functions, run.tools)
    routing = _routing(run)
    _refuse_problems(findings)
    release_id = _last_release(findings, routing)
    functions = [(finding.function, target) for finding in findings if (target := _before(run, finding, release_id))]
    machine = _machine_before(routing, release_id)
    if not functions and not machine:
        raise Refused("Nothing can go back: no live version was brought by the last release; ask `rollout status`.")
    return Way(release_id, functions, machine)


def back(run: Run, report: Report, way: Way, minutes: float | None) -> None:
    """Fill the report by going back: the state machine first, since its definition may rely on the functions."""
    leaves = {function.name for function, _ in way.functions}
    for part in report.functions:
        if part.name not in leaves:
            part.finish("up to date", "the last release did not bring its live version.")
    if way.machine:
        run.move_machine(report, minutes or MINUTES, way.machine)
    else:
        report.workflow.finish("up to date", "the last release did not move it.")
    run.move_functions(report, minutes or MINUTES, way.functions)


def _routing(run: Run) -> Routing:
    try:
        return run.machines.routing()
    except AWS_ERRORS as error:
        raise Refused(f"The state machine's alias cannot be read ({sentence(error)}): nothing was changed.") from error


def _refuse_problems(findings: list[Finding]) -> None:
    problems = [f"{finding.function.name} ({finding.problem})" for finding in findings if finding.problem]
    if problems:
        raise Refused(f"What the last release was cannot be known: {', '.join(problems)}.")


def _last_release(findings: list[Finding], routing: Routing) -> str:
    notes = [deployment.note for finding in findings for deployment in finding.history]
    return max((note.release_id for note in (*notes, routing.note) if note and not note.back), default="")


def _before(run: Run, finding: Finding, release_id: str) -> str:
    """The version that a function goes back to, empty if it stays."""
    assert finding.position  # noqa: S101 - findings with problems were refused
    if finding.active:
        # Stopped with rollback, it returns to where its alias still is; in its last hook the alias has moved already.
        return _current_of(run, finding.active) or finding.position.live
    brought = next((deployment for deployment in finding.history if deployment.status == "Succeeded"), None)
    if not brought or not _of_release(brought.note, release_id):
        return ""
    shift = run.tools.deployments.shift(brought.id)
    return shift.current if shift and shift.target == finding.position.live else ""


def _current_of(run: Run, active: Deployment) -> str:
    shift = run.tools.deployments.shift(active.id)
    if active.rollback_of:
        return shift.target if shift else ""
    return shift.current if shift else ""


def _machine_before(routing: Routing, release_id: str) -> str:
    note = routing.note
    if routing.shifting:
        return routing.old
    return note.before if note and _of_release(note, release_id) and routing.old == note.target else ""


def _of_release(note: Note | None, release_id: str) -> bool:
    return note is not None and not note.back and note.release_id == release_id
