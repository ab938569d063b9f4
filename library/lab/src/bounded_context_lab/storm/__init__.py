"""The storm: faults derived from the stack's graph, each planted under load, with its alarm, its remedy and its losses.

`context rehearse storm` plants each fault on the embedded AWS. `faults` derives them, `planting` plants and lifts them,
`load` is the work meanwhile. This module compares alarms, remedies and the result with the accepted work.
"""

import json
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from rich.table import Table
from typer import BadParameter

from bounded_context.declaration.context import Context
from bounded_context_cli.command.terminal import console
from bounded_context_cli.programs import Graph
from bounded_context_cli.programs.recording import Program
from bounded_context_infra.configuration.project import Project
from bounded_context_local.provider.program import STACK
from bounded_context_local.run.screen import RunScreen
from bounded_context_local.running.context import RunningContext
from bounded_context_local.running.start import running_context

from . import graph_checks
from .checks import Checks, Remedies, purge
from .deliveries import NotReached, Trial
from .expected_alarms import KINDS, Kind
from .faults import Fault, Resources, derive, prefix_of
from .graph_checks import observed
from .interception import Interception
from .load import Load, Schedules, wait
from .planting import planted

HELD_SECONDS: Final = 10.0
"""The time for which events are held to repeat or reorder them."""

FAULT_SECONDS: Final = 30.0
"""The duration of another fault: half an hour on the accelerated clock. It ends before if the work is done."""

LONGEST_SECONDS: Final = 90.0
"""The maximum duration of a fault whose expected alarm has not notified. A slow machine makes errors rare."""

HEALING_SECONDS: Final = 170.0
"""Maximum wait for health without an action. A part of a list waits 135 s for a call that was lost."""

STUCK_SECONDS: Final = 8.0
"""Wait for health while an execution has failed or a queue has dead letters: only a person repairs these."""

SETTINGS: Final[Mapping[str, object]] = {
    "thresholds": {"queue_age_minutes": 8, "stream_age_minutes": 8, "unfinished_list_minutes": 30}
}
"""Limits of ages that a fault reaches while it lasts."""

HELD: Final[tuple[Kind, ...]] = ("repeat", "reorder")
"""The faults that hold events and then deliver them in another way. Afterwards, nothing may stop."""

_SLOW: Final = re.compile(r".*-(latency|duration)(-\d+)?")
"""The names of alarms on durations, which depend on this machine."""

ALWAYS: Final[tuple[Kind, ...]] = ("spoil",)
"""The faults whose alarm must go off in any case: a person must see the unreadable record."""

_VISIBILITY: Final = "35"
"""Seconds until a queue delivers a message again: longer than a call of its reader, shorter than the stack's 180 s."""


@dataclass(frozen=True)
class Outcome:
    """The outcome of a fault.

    Attributes:
        fault: the fault.
        untried: the reason why the fault was not tried, or empty.
        stopped: whether accepted work was not done while the fault lasted.
        alarms: the alarms that notified, with their states.
        sections: the followed sections of the runbook.
        lost: a text for each part of the accepted work that is not done in the end.
        duplicates: a text for each repetition that a subscriber cannot recognise.
        seconds: the recovery time since the lifting of the fault; None if the stack did not recover.
    """

    fault: Fault
    untried: str = ""
    stopped: bool = False
    alarms: Mapping[str, str] = field(default_factory=dict)
    sections: Sequence[str] = ()
    lost: Sequence[str] = ()
    duplicates: Sequence[str] = ()
    seconds: float | None = None

    @property
    def healed(self) -> str:
        """How the stack recovered: by itself, by the runbook, or not."""
        if self.untried or self.lost:
            return "no" if self.lost else ""
        return "by the runbook" if self.sections else "by itself"

    def findings(self) -> list[str]:
        """Return a sentence for each property that does not hold."""
        findings = [f"lost: {text}." for text in self.lost]
        findings += [f"duplicate: {text}." for text in self.duplicates]
        expected = self.fault.expects(self.alarms)
        unexpected = ", ".join(sorted(_on(self.alarms) - expected))
        needs_alarm = self.stopped or self.lost or (self.fault.kind in ALWAYS and not self.untried)
        if needs_alarm and not expected:
            alarms = ", ".join(sorted(self.fault.alarms)) or "none is defined"
            findings.append(
                f"silent: no expected alarm went off ({alarms}).{f' Other alarms: {unexpected}.' if unexpected else ''}"
            )
        elif self.fault.kind in HELD and unexpected:
            findings.append(
                f"false alarm: only the delivery of events changed, and these alarms went off: {unexpected}."
            )
        return [f"{self.fault.name}: {text}" for text in findings]

    def as_json(self) -> dict[str, Any]:
        """Return the outcome in the form that `--json` prints."""
        return {
            "fault": self.fault.name,
            "untried": self.untried,
            "stopped": self.stopped,
            "lost": len(self.lost),
            "duplicates": len(self.duplicates),
            "expected": sorted(self.fault.alarms),
            "observed": dict(sorted(self.alarms.items())),
            "sections": list(self.sections),
            "healed": self.healed,
            "seconds": None if self.seconds is None else round(self.seconds, 1),
            "findings": self.findings(),
        }


def _on(alarms: Mapping[str, str]) -> set[str]:
    """Return the names of alarms that are on, except for those that a slow machine sets off."""
    return {name for name, state in alarms.items() if state == "ALARM" and not _SLOW.fullmatch(name)}


class Storm:
    """The faults of one running stack, planted one after another."""

    def __init__(self, running: RunningContext, interception: Interception, graph: Graph, seed: int) -> None:
        """Shorten the visibility timeouts of the queues that functions read."""
        self._running, self._interception, self._graph = running, interception, graph
        self._seed, self._number = seed, 0
        self._outputs = Path(running.emulator.folder) / "storm-outputs.json"
        if url := running.outputs.get("inbound_queue"):
            short = {"VisibilityTimeout": _VISIBILITY}
            running.aws.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=short)

    def start(self) -> list[str]:
        """Start the functions' processes, which takes most of a minute, and return the findings of a calm after it."""
        with self._working(self._trial()) as (_, checks, _):
            wait(checks.is_done, HEALING_SECONDS)
        return self.unhealthy()

    def unhealthy(self) -> list[str]:
        """Return the findings without a fault, of the second calm of two. A busy machine can delay the first."""
        return self.calm() and self.calm()

    def calm(self, seconds: float = HEALING_SECONDS) -> list[str]:
        """Run a load without a fault, which also records the actions of each function; return the findings.

        An alarm without data is none: a busy machine delays the metrics, and the checks detect a schedule that fails.
        """
        trial, started = self._trial(), time.time()
        with self._working(trial) as (_, checks, _):
            wait(checks.is_done, seconds)
            findings = [*checks.missing(), *checks.duplicates()]
        alarms = observed(self._running, self._graph, started, ())
        findings += [f"the alarm {name} is on" for name in sorted(_on(alarms))]
        return [f"without a fault: {text}." for text in findings]

    def perform(self, fault: Fault) -> Outcome:
        """Plant a fault under load, lift it, follow the runbook if needed, and return the outcome."""
        try:
            return Outcome(fault, fault.untried) if fault.untried else self._perform(fault, self._trial())
        except NotReached as reason:
            return Outcome(fault, str(reason))

    def _perform(self, fault: Fault, trial: Trial) -> Outcome:
        started = time.time()
        with ExitStack() as lasting:
            lasting.enter_context(planted(fault, trial))
            with self._working(trial) as (load, checks, schedules):
                if fault.kind in HELD:
                    wait(checks.is_done, HELD_SECONDS)
                    lasting.close()
                stopped = self._stops(fault, trial, started, checks)
                if not trial.reached():
                    raise NotReached("no call of the load reached it")
                lasting.close()
                schedules.times = {}
                lifted = time.monotonic()
                sections = self._recover(trial, started, load, checks)
                missing, seconds = [*trial.lost, *checks.missing()], time.monotonic() - lifted
                duplicates = checks.duplicates()
        alarms = self._observed(trial, started)
        return Outcome(fault, "", stopped, alarms, sections, missing, duplicates, None if missing else seconds)

    def _stops(self, fault: Fault, trial: Trial, started: float, checks: Checks) -> bool:
        """Let a fault last, and return whether it stops work: until an expected alarm, or for the longest time."""
        end = time.monotonic() + LONGEST_SECONDS
        wait(lambda: checks.is_done() or checks.needs_a_person(), FAULT_SECONDS)
        while not checks.is_done() and time.monotonic() < end:
            if fault.expects(self._observed(trial, started)):
                return True
            time.sleep(1)
        return not checks.is_done()

    def _recover(self, trial: Trial, started: float, load: Load, checks: Checks) -> list[str]:
        """Wait for health. If only a person can repair the rest, follow the sections of the alarms, and return them."""
        stuck = time.monotonic() + STUCK_SECONDS
        wait(lambda: checks.is_done() or (checks.needs_a_person() and time.monotonic() > stuck), HEALING_SECONDS)
        if checks.is_done():
            return []
        alarms = self._observed(trial, started)
        remedies = Remedies(self._running, self._graph, load, checks, self._outputs)
        sections = remedies.follow(f"{prefix_of(self._graph)}{name}" for name in alarms)
        wait(checks.is_done, HEALING_SECONDS)
        return sections

    def _observed(self, trial: Trial, started: float) -> dict[str, str]:
        """Return the alarms that notified since a time, without alarms that the run itself sets off."""
        notified_alarms = observed(self._running, self._graph, started, trial.samples)
        return {name: state for name, state in notified_alarms.items() if name not in trial.caused}

    def _trial(self) -> Trial:
        """Begin a trial, without the dead letters of the last one."""
        purge(self._running)
        self._number += 1
        return Trial(self._running, self._interception, self._graph, self._seed * 1_000 + self._number)

    @contextmanager
    def _working(self, trial: Trial) -> Iterator[tuple[Load, Checks, Schedules]]:
        """Run a load and the schedules until the block ends."""
        load = Load(self._running, trial.seed, twice=trial.twice, broken=trial.broken, bad_event=trial.bad_event)
        schedules = Schedules(self._running, trial.schedules)
        checks = Checks(self._running, load, schedules)
        with load.started(trial.announce), schedules.calling():
            yield load, checks, schedules


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


def refuse_unknown(names: Sequence[str] | None, defined: Iterable[str]) -> None:
    """Raise BadParameter if a name is not known."""
    if unknown := sorted({*(names or ())} - {*defined}):
        raise BadParameter(f"There is no fault {unknown[0]}: `context rehearse storm --list` prints all faults.")


def refuse_unknown_kinds(names: Sequence[str] | None) -> None:
    """Raise BadParameter if a name does not begin with a kind of fault. This needs no recorded graph."""
    refuse_unknown(names, [name for name in names or () if name.partition(":")[0] in KINDS and ":" in name])


def checked(project: Project, graph: Graph, faults: Sequence[Fault], screen: RunScreen) -> list[str]:
    """Print and return the findings about the graph: missing or wrong alarms, and places where work would be lost."""
    program = Program(project.service, project.package)
    setting = program.own(program.config(STACK)).get("alarms", "all")
    findings = [
        *graph_checks.alarm_findings(graph, faults, setting),
        *graph_checks.failure_findings(Resources(graph, project.context)),
    ]
    for sentence in findings:
        screen.fail(sentence)
    return findings


def show_faults(faults: Sequence[Fault], *, as_json: bool) -> None:
    """Print the faults with their expected alarms."""
    if as_json:
        facts = [{"fault": fault.name, "expected": sorted(fault.alarms), "untried": fault.untried} for fault in faults]
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
        return
    table = Table("fault", "expected: one of these alarms", title=f"{len(faults)} faults of the stack {STACK}")
    for fault in faults:
        table.add_row(fault.name, f"not tried: {fault.untried}" if fault.untried else ", ".join(sorted(fault.alarms)))
    console().print(table)


def perform(
    project: Project, screen: RunScreen, graph: Graph, faults: Sequence[Fault], seed: int, *, as_json: bool
) -> int:
    """Plant the faults one after another. Print each finding at once, then the outcomes; return the exit status.

    The storm ends if the stack is unhealthy without a fault: a later finding could have an earlier cause.
    """
    interception, outcomes = Interception(), list[Outcome]()
    with running_context(project, screen.stage, settings=SETTINGS, proxy=interception.serving) as running:
        storm = Storm(running, interception, graph, seed)
        with screen.stage("no fault"):
            problems = _report(screen, storm.start())
        for fault in () if problems else faults:
            outcomes.append(_perform(storm, fault, screen))
            if (findings := _report(screen, outcomes[-1].findings())) and (calm := storm.unhealthy()):
                problems += findings + _report(screen, calm)
                break
            problems += findings
    if unplanted := len(faults) - len(outcomes):
        screen.fail(f"The stack is unhealthy without a fault: the storm ends, and {unplanted} faults are not planted.")
    _show(outcomes, as_json=as_json)
    return int(bool(problems))


def _report(screen: RunScreen, findings: list[str]) -> list[str]:
    """Print findings, and return them."""
    for finding in findings:
        screen.fail(finding)
    return findings


def _perform(storm: Storm, fault: Fault, screen: RunScreen) -> Outcome:
    with screen.stage(fault.name):
        outcome = storm.perform(fault)
        screen.say(f"not tried: {outcome.untried}" if outcome.untried else outcome.healed)
    return outcome


def _show(outcomes: Sequence[Outcome], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps([outcome.as_json() for outcome in outcomes], indent=2) + "\n")
        return
    table = Table()
    for title in ("fault", "lost", "duplicates", "expected, one of", "observed", "healed", "seconds"):
        table.add_column(title, overflow="fold")
    untried: dict[str, list[str]] = {}
    for outcome in outcomes:
        if outcome.untried:
            untried.setdefault(outcome.untried, []).append(outcome.fault.name)
            continue
        seconds = "never" if outcome.seconds is None else f"{outcome.seconds:.1f}"
        expected, observed = "\n".join(sorted(outcome.fault.alarms)), "\n".join(sorted(outcome.alarms))
        healed = "\n".join([outcome.healed, *outcome.sections])
        table.add_row(
            outcome.fault.name,
            str(len(outcome.lost)),
            str(len(outcome.duplicates)),
            expected,
            observed,
            healed,
            seconds,
        )
    out = console()
    out.print(table)
    for reason, names in untried.items():
        out.print(f"Not tried, {reason}: {', '.join(names)}", markup=False, soft_wrap=True)
    out.print(*EMULATED, sep="\n", markup=False, soft_wrap=True)
