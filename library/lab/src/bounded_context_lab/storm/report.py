"""The storm as a command: the selection of faults, the run, and the table of outcomes."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from typer import BadParameter

from bounded_context.declaration.context import Context
from bounded_context_cli.programs.graph import Graph
from bounded_context_cli.programs.recording import Program
from bounded_context_infra.configuration.project import Project
from bounded_context_local.provider.stack import STACK
from bounded_context_local.run.screen import Screen
from bounded_context_local.running.start import running_context

from . import alarm_check, failure_check
from .expected_alarms import KINDS
from .faults import Fault, derive
from .interception import Interception
from .resources import Resources
from .storm import SETTINGS, Outcome, Storm

EMULATED: Final = (
    "Stand-ins: a proxy throttles, kills and counts; a local minute lasts a second, and ages grow as fast; a queue's"
    " message is visible again after 35 s; the run starts a failed execution again with its id, and plays the partner,"
    " the callers and the subscribers. The person on call follows the runbook's section of each alarm: its redrives, a"
    " redriven execution, a file that is requested again.",
)


def graph_of(project: Project) -> Graph:
    """Return the recorded graph of the local stack."""
    return Program(project.service, project.package).graph(STACK)


def selected(graph: Graph, context: Context[Any], names: Sequence[str] | None) -> list[Fault]:
    """Return the named faults, or all. Raises BadParameter if a name is unknown."""
    faults = {fault.name: fault for fault in derive(graph, context)}
    refuse_unknown(names, faults)
    return [faults[name] for name in dict.fromkeys(names or faults)]


def refuse_unknown(names: Sequence[str] | None, known: Iterable[str]) -> None:
    """Raise BadParameter if a name is not known."""
    if unknown := sorted({*(names or ())} - {*known}):
        raise BadParameter(f"There is no fault {unknown[0]}: `context rehearse storm --list` prints all faults.")


def refuse_unknown_kinds(names: Sequence[str] | None) -> None:
    """Raise BadParameter if a name does not begin with a kind of fault. This needs no recorded graph."""
    refuse_unknown(names, [name for name in names or () if name.partition(":")[0] in KINDS and ":" in name])


def checked(project: Project, graph: Graph, faults: Sequence[Fault], screen: Screen) -> list[str]:
    """Print and return the findings about the graph: missing or wrong alarms, and places where work would be lost."""
    program = Program(project.service, project.package)
    wanted = program.own(program.config(STACK)).get("alarms", "all")
    found = [
        *alarm_check.findings(graph, faults, wanted),
        *failure_check.findings(Resources(graph, project.context)),
    ]
    for sentence in found:
        screen.fail(sentence)
    return found


def show_faults(faults: Sequence[Fault], *, as_json: bool) -> None:
    """Print the faults with their expected alarms."""
    if as_json:
        facts = [{"fault": one.name, "expected": sorted(one.alarms), "untried": one.untried} for one in faults]
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
        return
    table = Table("fault", "expected: one of these alarms", title=f"{len(faults)} faults of the stack {STACK}")
    for one in faults:
        table.add_row(one.name, f"not tried: {one.untried}" if one.untried else ", ".join(sorted(one.alarms)))
    Console(highlight=False).print(table)


def perform(
    project: Project, screen: Screen, graph: Graph, faults: Sequence[Fault], seed: int, *, as_json: bool
) -> int:
    """Plant the faults one after another. Print each finding at once, then the outcomes; return the exit status.

    The storm ends if the stack is unhealthy without a fault: a later finding could have an earlier cause.
    """
    interception, outcomes = Interception(), list[Outcome]()
    with running_context(project, screen.stage, settings=SETTINGS, proxy=interception.serving) as running:
        storm = Storm(running, interception, graph, seed)
        with screen.stage("no fault"):
            problems = _told(screen, storm.start())
        for fault in () if problems else faults:
            outcomes.append(_performed(storm, fault, screen))
            if (found := _told(screen, outcomes[-1].findings())) and (calm := storm.unhealthy()):
                problems += found + _told(screen, calm)
                break
            problems += found
    if left := len(faults) - len(outcomes):
        screen.fail(f"The stack is unhealthy without a fault: the storm ends, and {left} faults are not planted.")
    _show(outcomes, as_json=as_json)
    return int(bool(problems))


def _told(screen: Screen, findings: list[str]) -> list[str]:
    """Print findings, and return them."""
    for finding in findings:
        screen.fail(finding)
    return findings


def _performed(storm: Storm, fault: Fault, screen: Screen) -> Outcome:
    with screen.stage(fault.name):
        outcome = storm.perform(fault)
        screen.say(f"not tried: {outcome.untried}" if outcome.untried else outcome.healed)
    return outcome


def _show(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps([one.as_json() for one in outcomes], indent=2) + "\n")
        return
    table = Table()
    for title in ("fault", "lost", "duplicates", "expected, one of", "observed", "healed", "seconds"):
        table.add_column(title, overflow="fold")
    untried: dict[str, list[str]] = {}
    for one in outcomes:
        if one.untried:
            untried.setdefault(one.untried, []).append(one.fault.name)
            continue
        seconds = "never" if one.seconds is None else f"{one.seconds:.1f}"
        expected, observed = "\n".join(sorted(one.fault.alarms)), "\n".join(sorted(one.alarms))
        healed = "\n".join([one.healed, *one.sections])
        table.add_row(one.fault.name, str(len(one.lost)), str(len(one.duplicates)), expected, observed, healed, seconds)
    out = Console(highlight=False)
    out.print(table)
    for reason, names in untried.items():
        out.print(f"Not tried, {reason}: {', '.join(names)}", markup=False, soft_wrap=True)
    out.print(*EMULATED, sep="\n", markup=False, soft_wrap=True)
