"""Scenarios of releases: what is published, which drivers run, and who else acts, as plain data."""

from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar, Final, Literal

from ..pieces import Pieces

FUNCTIONS: Final = ("one", "two", "three")
MACHINE: Final = "machine"
STRATEGIES: Final = ("AllAtOnce", "Canary50Percent1Minute", "Linear40PercentEvery1Minute")

Command = Literal["start", "back"]
Quality = Literal["good", "pre", "alarm", "post"]
"""How a version ends its release: it succeeds, a hook fails before or after the shift, or an alarm fires."""


@dataclass(frozen=True)
class Up:
    """A `pulumi up` at a time, in seconds: it publishes a version of each part, the state machine last."""

    at: float
    parts: tuple[str, ...]
    quality: Quality = "good"
    bad: str = ""
    """The part whose new version has `quality`; the others are good."""


@dataclass(frozen=True)
class Drive:
    """A run of the driver: `start` or `back`.

    ``interrupted``, ``expired`` and ``stands`` are the seconds from its start to a Ctrl-C, to the end of its
    credentials, and to the moment from which its process stands still for an hour. ``killed`` is the number of the call
    in front of which its process ends.
    With a ``trigger``, it starts after the next call of this name, or after ``at`` seconds.
    """

    command: Command
    at: float = 0.0
    on_conflict: Literal["wait", "stop", "fail"] = "wait"
    minutes: float | None = None
    skew: float = 0.0
    interrupted: float | None = None
    expired: float | None = None
    stands: float | None = None
    trigger: str = ""
    killed: int | None = None
    again: bool = False
    """Whether a person has it release versions whose deployment has failed."""


@dataclass(frozen=True)
class Stop:
    """A stop in the console of the deployment that a function has at this time."""

    function: str
    at: float
    rollback: bool


@dataclass(frozen=True)
class Scenario(Pieces):
    """All of a schedule but its choices.

    ``past`` releases were completed before. ``alarms`` are times in which every alarm fires. If ``throttled``, Lambda
    throttles the first deployment of each function. ``removed`` is a function that a `pulumi up` deletes at a time; the
    drivers that start later do not know it.
    """

    functions: tuple[str, ...] = FUNCTIONS[:2]
    strategy: str = STRATEGIES[0]
    past: tuple[tuple[str, ...], ...] = ()
    ups: tuple[Up, ...] = ()
    drives: tuple[Drive, ...] = ()
    stops: tuple[Stop, ...] = ()
    alarms: tuple[tuple[float, float], ...] = ()
    rollbacks_fail: bool = False
    rollback_delay: float = 0.0
    throttled: bool = False
    removed: tuple[str, float] | None = None

    PIECES: ClassVar[tuple[str, ...]] = ("ups", "drives", "stops", "alarms", "past")
    SIMPLER: ClassVar = (
        lambda scenario: replace(scenario, strategy=STRATEGIES[0]),
        lambda scenario: replace(scenario, removed=None),
        lambda scenario: replace(scenario, rollbacks_fail=False, rollback_delay=0.0, throttled=False),
        lambda scenario: replace(
            scenario,
            drives=tuple(replace(drive, interrupted=None, expired=None, stands=None) for drive in scenario.drives),
        ),
        lambda scenario: replace(
            scenario, drives=tuple(replace(drive, minutes=None, skew=0.0) for drive in scenario.drives)
        ),
        lambda scenario: replace(
            scenario, drives=tuple(replace(drive, on_conflict="wait") for drive in scenario.drives)
        ),
    )


def drawn(random: Random) -> Scenario:
    """Return a scenario of one or two releases of at most three functions, with two or three drivers."""
    kind = random.random()
    if kind < 0.03:
        return _crossing(random)
    if kind > 0.95:
        return _overtaken(random)
    functions = FUNCTIONS[: random.choice((1, 2, 2, 3))]
    parts = (*functions, MACHINE)
    count = random.choice((1, 2, 2, 2, 3))
    return Scenario(
        functions=functions,
        strategy=random.choice(STRATEGIES),
        past=tuple(_some(random, parts) for _ in range(random.choice((0, 1, 1, 2)))),
        ups=tuple(_up(random, parts, first=number == 0) for number in range(random.choice((1, 1, 2)))),
        drives=tuple(_drive(random, first=number == 0) for number in range(count)),
        stops=tuple(_stop(random, functions) for _ in range(random.choice((0, 0, 0, 1)))),
        alarms=(_window(random),) if random.random() < 0.08 else (),
        rollbacks_fail=random.random() < 0.12,
        rollback_delay=random.choice((0.0, 0.0, 3.0, 12.0, 45.0)),
        throttled=random.random() < 0.05,
        removed=(functions[-1], _moment(random)) if len(functions) > 1 and random.random() < 0.05 else None,
    )


def with_persons(scenario: Scenario, random: Random) -> Scenario:
    """Return the scenario with drivers of persons who have versions released again."""
    return replace(scenario, drives=tuple(replace(drive, again=random.random() < 0.4) for drive in scenario.drives))


def _crossing(random: Random) -> Scenario:
    """Return a way back of a release, and a release of the state machine alone at the same time."""
    back = Drive("back", at=round(random.random(), 2))
    start = Drive("start", at=round(random.random(), 2), trigger=random.choice(("", "codedeploy.CreateDeployment")))
    return Scenario(
        functions=FUNCTIONS[:1],
        strategy=random.choice(STRATEGIES),
        past=((*FUNCTIONS[:1], MACHINE),),
        ups=(Up(0.0, (MACHINE,)),),
        drives=(back, start),
    )


_COMMANDS: Final[tuple[tuple[Command, ...], ...]] = (
    ("start", "start"),
    ("start", "start", "start"),
    ("start", "back", "start"),
)


def _overtaken(random: Random) -> Scenario:
    """Return drivers one after another: some are killed or fail, and a later release is taken back."""
    functions = FUNCTIONS[: random.choice((2, 2, 3))]
    parts = (*functions, MACHINE)
    commands: tuple[Command, ...] = random.choice(_COMMANDS)
    ups = [_up(random, parts, first=True) for _ in range(commands.count("start"))]
    drives = [Drive(command, at=100.0 + 900.0 * number) for number, command in enumerate(commands)]
    drives[:-1] = [replace(drive, killed=random.choice((None, random.randrange(10, 60)))) for drive in drives[:-1]]
    starts = [drive for drive in drives if drive.command == "start"]
    return Scenario(
        functions=functions,
        strategy=random.choice(STRATEGIES),
        past=tuple(_some(random, parts) for _ in range(random.choice((0, 1)))),
        ups=tuple(replace(up, at=start.at - 100.0) for up, start in zip(ups, starts, strict=True)),
        drives=(*drives, Drive("back", at=900.0 * len(drives))),
        rollbacks_fail=random.random() < 0.1,
    )


def _some(random: Random, parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part for part in parts if random.random() < 0.6) or parts[:1]


def _up(random: Random, parts: tuple[str, ...], *, first: bool) -> Up:
    changed = _some(random, parts)
    return Up(
        at=0.0 if first else _moment(random),
        parts=changed,
        quality=random.choice(("good", "good", "good", "pre", "alarm", "post")),
        bad=random.choice(changed),
    )


TRIGGERS: Final = (
    *("codedeploy.CreateDeployment", "codedeploy.CreateDeployment", "states.ListStateMachineVersions"),
    *("lambda.GetAlias", "codedeploy.ListDeployments", "lambda.ListVersionsByFunction"),
    *("codedeploy.StopDeployment", "codedeploy.BatchGetDeployments", "cloudwatch.DescribeAlarms"),
)


def _drive(random: Random, *, first: bool) -> Drive:
    back = random.random() < (0.15 if first else 0.5)
    return Drive(
        command="back" if back else "start",
        at=0.5 if first else _moment(random),
        on_conflict=random.choice(("wait", "wait", "wait", "stop", "fail")),
        minutes=round(random.uniform(0.2, 3), 2) if random.random() < 0.4 else None,
        skew=random.choice((0.0, 0.0, -7200.0, 5.0)),
        interrupted=_moment(random) if random.random() < 0.08 else None,
        expired=_moment(random) if random.random() < 0.05 else None,
        stands=_moment(random) if random.random() < 0.04 else None,
        trigger="" if first or random.random() < 0.5 else random.choice(TRIGGERS),
    )


def _stop(random: Random, functions: tuple[str, ...]) -> Stop:
    return Stop(random.choice(functions), _moment(random), random.random() < 0.5)


def _window(random: Random) -> tuple[float, float]:
    start = _moment(random)
    return (start, start + random.choice((20.0, 200.0)))


def _moment(random: Random) -> float:
    """Return a time in seconds: an undisturbed release takes from 20 seconds to 3 minutes."""
    return round(random.choice((2.0, 10.0, 30.0, 120.0, 120.0, 400.0)) * random.random(), 2)
