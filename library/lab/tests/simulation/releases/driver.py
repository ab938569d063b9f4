"""A run of the real driver: its command, over the simulated services, in virtual time."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from bounded_context_cli.command.aws_errors import AWS_ERRORS, INTERRUPTED, REFUSED, Refusal
from bounded_context_infra.configuration.strategy import Strategy
from bounded_context_operations.release.rollout import cli
from bounded_context_operations.release.rollout.releases import Function, Machine, Release, RolloutReport
from bounded_context_operations.release.rollout.status import RolloutRun, Status

from ..scheduler import Scheduler
from .clients import ARN, Seen
from .codedeploy import Deployment
from .scenario import Drive

REGION: Final = "eu-central-1"


class Quiet:
    """A screen that keeps the report."""

    def __init__(self) -> None:
        self.report: RolloutReport | None = None
        self.status: Status | None = None
        self.sentences: list[str] = []

    def show_report(self, report: RolloutReport) -> None:
        """Keep the report."""
        self.report = report

    def show_status(self, status: Status) -> None:
        """Keep the status."""
        self.status = status

    def refuse(self, _: str, sentence: str) -> None:
        """Keep the reason."""
        self.sentences.append(sentence)

    def fail(self, sentence: str) -> None:
        """Keep the reason."""
        self.sentences.append(sentence)

    def __getattr__(self, _: str) -> Callable[..., None]:
        return lambda *_: None


class VirtualClock:
    """The wall clock of one driver, which may be wrong, and may bring a Ctrl-C."""

    def __init__(self, scheduler: Scheduler, skew: float, interrupted: float | None, stands: float | None) -> None:
        self._scheduler = scheduler
        self._skew = timedelta(seconds=skew)
        self._interrupted = interrupted
        self._stands = stands

    def now(self) -> datetime:
        """Return the time."""
        return datetime.fromtimestamp(self._scheduler.now(), UTC) + self._skew

    def sleep(self, seconds: float) -> None:
        """Let time pass. Raises KeyboardInterrupt once."""
        self._scheduler.sleep(seconds)
        if self._stands is not None and self._scheduler.clock >= self._stands:
            self._stands = None
            self._scheduler.sleep(3600.0)
        if self._interrupted is not None and self._scheduler.clock >= self._interrupted:
            self._interrupted = None
            raise KeyboardInterrupt


@dataclass(eq=False)
class Ran:
    """A run of the driver. ``status`` is its exit status, None if it was killed."""

    drive: Drive
    seen: Seen
    began: float
    publishes: int
    """How often something had been published when the run began."""
    newest: dict[str, int]
    functions: tuple[str, ...]
    publishes_at_write: int | None = None
    status: int | None = None
    ended: float | None = None
    screen: Quiet = field(default_factory=Quiet)
    reversed: list[Deployment] = field(default_factory=list)
    """The deployments that a way back has stopped or reversed."""

    @property
    def stable(self) -> bool:
        """Whether nothing was published between its start and its first write."""
        return self.publishes_at_write in (None, self.publishes)


def release(functions: Iterable[str], strategy: str) -> Release:
    """Return the release of these functions, as the stack's outputs describe it."""
    return Release(
        application="test",
        strategy=Strategy.parse(strategy),
        functions=tuple(Function(name, f"test-{name}", "live", f"test-{name}") for name in functions),
        hooks={"pre_traffic": "pre", "post_traffic": "post"},
        machine=Machine(ARN, f"{ARN}:live", ("machine-failures",)),
        region=REGION,
        table="test-table",
    )


def exit_status(ran: Ran, started: RolloutRun) -> int:
    """Run the command, and return its exit status."""
    drive = ran.drive
    try:
        if drive.command == "start":
            return cli.start_release(started, drive.on_conflict, "", drive.minutes, again=drive.again)
        return cli.return_release(started, drive.minutes)
    except Refusal as refusal:
        ran.screen.refuse("test", str(refusal))
    except AWS_ERRORS as error:
        ran.screen.refuse("test", str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    return REFUSED
