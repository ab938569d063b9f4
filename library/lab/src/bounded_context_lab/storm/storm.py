"""The storm: plants each fault under load, and judges alarms, remedies, losses and duplicates."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bounded_context_cli.programs.graph import Graph
from bounded_context_local.running.context import RunningContext

from .checks import Checks
from .expected_alarms import Kind
from .faults import Fault
from .interception import Interception
from .load import Load, Schedules, wait
from .observed import observed
from .planting import planted
from .remedies import Remedies
from .resources import prefix_of
from .trial import NotReached, Trial

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
        found = [f"lost: {text}." for text in self.lost]
        found += [f"duplicate: {text}." for text in self.duplicates]
        expected = self.fault.expects(self.alarms)
        other = ", ".join(sorted(_on(self.alarms) - expected))
        if self._needs_alarm and not expected:
            wanted = ", ".join(sorted(self.fault.alarms)) or "none is defined"
            found.append(f"silent: no expected alarm went off ({wanted}).{f' Other alarms: {other}.' if other else ''}")
        elif self.fault.kind in HELD and other:
            found.append(f"false alarm: only the delivery of events changed, and these alarms went off: {other}.")
        return [f"{self.fault.name}: {text}" for text in found]

    @property
    def _needs_alarm(self) -> bool:
        return self.stopped or bool(self.lost) or (self.fault.kind in ALWAYS and not self.untried)

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
            checks.purge()
        return self.unhealthy()

    def unhealthy(self) -> list[str]:
        """Return the findings without a fault, of the second calm of two. A busy machine can delay the first."""
        return self.calm() and self.calm()

    def calm(self, seconds: float = HEALING_SECONDS) -> list[str]:
        """Run a load without a fault, which also records the actions of each function; return the findings.

        An alarm without data is none: a busy machine delays the metrics, and the checks detect a schedule that fails.
        """
        started = time.time()
        with self._working(self._trial()) as (_, checks, _):
            wait(checks.is_done, seconds)
            found = [*checks.missing(), *checks.duplicates()]
        alarms = observed(self._running, self._graph, started, ())
        found += [f"the alarm {name} is on" for name in sorted(_on(alarms))]
        return [f"without a fault: {text}." for text in found]

    def perform(self, fault: Fault) -> Outcome:
        """Plant a fault under load, lift it, follow the runbook if needed, and return the outcome."""
        try:
            return Outcome(fault, fault.untried) if fault.untried else self._performed(fault, self._trial())
        except NotReached as reason:
            return Outcome(fault, str(reason))

    def _performed(self, fault: Fault, trial: Trial) -> Outcome:
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
                lost, seconds = [*trial.lost, *checks.missing()], time.monotonic() - lifted
                duplicates = checks.duplicates()
        alarms = self._observed(trial, started)
        checks.purge()
        return Outcome(fault, "", stopped, alarms, sections, lost, duplicates, None if lost else seconds)

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
        found = observed(self._running, self._graph, started, trial.samples)
        return {name: state for name, state in found.items() if name not in trial.caused}

    def _trial(self) -> Trial:
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
