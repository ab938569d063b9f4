"""One schedule of releases: its activities over the simulated services, run to rest and judged."""

from collections.abc import Callable
from random import Random
from typing import Any

from bounded_context_infra.configuration.strategy import Strategy
from bounded_context_operations.release.rollout.status import RolloutRun, Status, status
from bounded_context_operations.release.rollout.survey import Services

from .. import profile as faults
from ..history import Violation
from ..outcome import Outcome, begun
from ..profile import Profile
from ..scheduler import EPOCH, Activity, Key, Scheduler
from .aliases import Aliases
from .clients import CloudWatch, CodeDeployClient, Lambda, Seen, StepFunctions
from .clients import Services as Simulated
from .codedeploy import CodeDeploy, Rules
from .driver import Ran, VirtualClock, exit_status, release
from .invariants import Invariants
from .scenario import MACHINE, Drive, Quality, Scenario, Stop, Up


class World:
    """A schedule."""

    def __init__(self, scheduler: Scheduler, scenario: Scenario, known: frozenset[str]) -> None:
        self.scheduler = scheduler
        self.scenario = scenario
        self.known = known
        self.aliases = Aliases((*scenario.functions, MACHINE), scheduler.now)
        self.qualities: dict[tuple[str, int], Quality] = {}
        self.requires: dict[int, dict[str, int]] = {1: dict.fromkeys(scenario.functions, 1)}
        self.publishes = 0
        self.ran: list[Ran] = []
        self.epoch = EPOCH
        self._drivers: list[Activity] = []
        strategy = Strategy.parse(scenario.strategy)
        rules = Rules(
            strategy,
            lambda name, number: self.qualities.get((name, number), "good"),
            self.alarmed,
            scenario.rollbacks_fail,
            scenario.rollback_delay,
            scenario.throttled,
        )
        self.codedeploy = CodeDeploy(scheduler, self.aliases, rules)
        self.invariants = Invariants(self)

    def alarmed(self) -> bool:
        """Tell whether every alarm fires now."""
        clock = self.scheduler.clock
        return not self.scheduler.calm and any(start <= clock < end for start, end in self.scenario.alarms)

    @property
    def functions(self) -> tuple[str, ...]:
        """The functions that the stack has now."""
        return tuple(name for name in self.scenario.functions if not self.aliases.of[name].removed)

    # The schedule.

    def run(self) -> None:
        """Run the schedule to rest, then let a driver converge. Raises Violation."""
        self._past()
        for up in self.scenario.ups:
            self.scheduler.spawn("up", lambda up=up: self.publish(up))
        for drive in self.scenario.drives:
            work = lambda drive=drive: self.drive(drive)  # noqa: E731
            self._drivers.append(self.scheduler.spawn(drive.command, work, function="driver"))
        for stop in self.scenario.stops:
            self.scheduler.spawn("console", lambda stop=stop: self._stop(stop))
        if self.scenario.removed:
            self.scheduler.spawn("removal", self._remove)
        self.scheduler.run()
        for driver in self._drivers:
            if driver.error is not None:
                raise Violation("driver-crashed", repr(driver.error)) from driver.error
        self._calmly(self._converge)

    def _calmly(self, work: Callable[[], Any]) -> None:
        self.scheduler.calm = True
        self.scheduler.spawn("calm", work)
        self.scheduler.run()
        self.scheduler.calm = False

    def _past(self) -> None:
        for parts in self.scenario.past:
            self._calmly(lambda parts=parts: (self.publish(Up(0.0, parts)), self.drive(Drive("start"))))

    def publish(self, up: Up) -> None:
        """Publish versions, as a `pulumi up` does."""
        self.scheduler.sleep(up.at)
        for part in (*(name for name in up.parts if name != MACHINE), *(name for name in up.parts if name == MACHINE)):
            alias = self.aliases.of[part]
            if alias.removed:
                continue
            alias.newest += 1
            self.publishes += 1
            if part == up.bad:
                self.qualities[part, alias.newest] = up.quality
            if part == MACHINE:
                self.requires[alias.newest] = {name: self.aliases.of[name].newest for name in self.functions}
            if not self.scheduler.calm:
                self.scheduler.sleep(self.scheduler.own_random().choice((0.0, 0.1, 5.0)))

    def _stop(self, stop: Stop) -> None:
        self.scheduler.sleep(stop.at)
        active = self.codedeploy.active(stop.function)
        if active and not active.rollback_of:
            self.codedeploy.stop_by(active, "console", rollback=stop.rollback)

    def _remove(self) -> None:
        assert self.scenario.removed
        name, at = self.scenario.removed
        self.scheduler.sleep(at)
        self.aliases.of[name].removed = True
        self.publishes += 1

    # Drivers.

    def drive(self, drive: Drive) -> Ran:
        """Run the driver to its end, and check its exit status."""
        if not self.scheduler.calm:
            self.scheduler.wait_for(f"driver:{drive.trigger}" if drive.trigger else "", drive.at)
        clock = self.scheduler.clock
        expires = None if drive.expired is None else clock + drive.expired
        seen = Seen(f"driver-{len(self.ran)}", expires, drive.killed)
        newest = {part: alias.newest for part, alias in self.aliases.of.items()}
        ran = Ran(drive, seen, clock, self.publishes, newest, self.functions)
        self.ran.append(ran)
        try:
            ran.status = exit_status(ran, self._as_run(ran))
        finally:
            ran.ended = self.scheduler.clock
        self.invariants.at_exit(ran)
        return ran

    def _as_run(self, ran: Ran) -> RolloutRun:
        simulated = Simulated(self.scheduler, self.aliases, self.codedeploy, ran.seen)
        clients = {
            "lambda": Lambda(simulated),
            "codedeploy": CodeDeployClient(simulated),
            "stepfunctions": StepFunctions(simulated),
            "cloudwatch": CloudWatch(simulated, self._firing),
        }
        released = release(ran.functions, self.scenario.strategy)
        services = Services.of(lambda service, **_: clients[service], released)
        interrupted = None if ran.drive.interrupted is None else ran.began + ran.drive.interrupted
        stands = None if ran.drive.stands is None else ran.began + ran.drive.stands
        clock = VirtualClock(self.scheduler, ran.drive.skew, interrupted, stands)
        screen: Any = ran.screen
        return RolloutRun("test", released, services, clock, screen)

    def _firing(self, name: str) -> bool:
        """Tell whether an alarm fires: that of the state machine watches the newest version with executions."""
        if name != "machine-failures":
            return self.alarmed()
        newest = max(self.aliases.of[MACHINE].routed.weights)
        bad = newest > 1 and self.qualities.get((MACHINE, newest), "good") != "good"
        return self.alarmed() or (bad and newest == self.aliases.of[MACHINE].newest)

    def _converge(self) -> None:
        """Release a version that repairs each bad one, and expect that everything ends live."""
        bad = tuple(
            part
            for part in (*self.functions, MACHINE)
            if self.qualities.get((part, self.aliases.of[part].newest), "good") != "good"
        )
        self.publish(Up(0.0, bad))
        for command in ("start", "back", "start"):
            if self.drive(Drive(command, again=True)).status == 0 and command == "start":
                break
        self.invariants.at_rest()
        survey = self._status()
        self.invariants.status(survey)

    def _status(self) -> Status:
        ran = Ran(Drive("start"), Seen("status"), self.scheduler.clock, self.publishes, {}, self.functions)
        run = self._as_run(ran)
        return status(run.stack, run.release, run.services)


def play(
    seed: int,
    scenario: Scenario,
    profile: Profile,
    choices: dict[Key, Any] | None = None,
    known: frozenset[str] = frozenset(),
) -> Outcome:
    """Run one schedule. The patches have to be installed."""
    scheduler, outcome = begun(play, seed, scenario, profile, choices)
    world = World(scheduler, scenario, known)
    outcome.judge(scheduler, world.run)
    outcome.statuses = [ran.status for ran in world.ran]
    return outcome


def drawn_profile(random: Random) -> Profile:
    """Return a profile: a third has no injected fault."""
    switch = random.choice((0.03, 0.2, 0.5))
    if random.random() < 0.35:
        return Profile(switch=switch)
    kinds = random.sample(_KINDS, random.choice((1, 1, 2)))
    rate = random.choice((0.01, 0.03, 0.1))
    return Profile(
        switch=switch,
        faults=dict.fromkeys(kinds, rate / len(kinds)),
        budget=random.choice((1, 2, 6)),
        streak=random.choice((0.2, 0.9)),
        slow=random.choice((0.0, 0.02)),
    )


_KINDS = (
    faults.UNANSWERED,
    faults.LATE,
    faults.FAILED,
    faults.THROTTLED,
    faults.KILLED_BEFORE,
    faults.KILLED_AFTER,
    faults.IN_FLIGHT,
)
