"""Commands that change a deployed stack: their AWS clients, clock, signals, and exit status."""

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Annotated, Any, Final, NoReturn, Protocol, Self, TypeAlias

import boto3
import typer
from botocore.config import Config
from typer import Argument, Option

from bounded_context_infra.configuration.project import ProjectError

from .aws_errors import AWS_ERRORS, INTERRUPTED, REFUSED, Document, Refusal, sentence
from .console import Consoles


class Clock(Protocol):
    """A clock."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        ...


class SystemClock:
    """The system clock."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait for `seconds`."""
        time.sleep(seconds)


Stack = Annotated[str, Argument(help="the Pulumi stack, such as dev")]
Outputs = Annotated[
    Path | None,
    Option("--outputs", metavar="FILE", help="read `pulumi stack output --json` here, not from Pulumi's CLI"),
]

CONNECTIONS: Final = 32
"""Connections of a client, for as many concurrent calls."""

Clients: TypeAlias = Callable[..., Any]
"""Creates the client of a service, with the parameters of the function that `clients` returns."""


def clients(region: str, attempts: int, session: Any = boto3) -> Clients:
    """Return a function that creates clients of a session for a region. Several threads may use a client.

    botocore makes up to `attempts` attempts after transient errors, with backoff, and one attempt if `once` is true.
    The function raises BotoCoreError if the environment's configuration cannot be read.
    """

    def client(service: Any, *, once: bool = False, read_timeout: int = 20) -> Any:
        retries: Any = {"mode": "standard", "total_max_attempts": 1 if once else attempts}
        config = Config(retries=retries, connect_timeout=5, read_timeout=read_timeout, max_pool_connections=CONNECTIONS)
        return session.client(service, region_name=region, config=config)

    return client


@dataclass(frozen=True)
class Access:
    """The AWS clients of a region, and the clock."""

    clients_of: Callable[[str], Clients]
    clock: Clock = field(default_factory=SystemClock)

    @classmethod
    def of(cls, ctx: typer.Context, attempts: int, session: Any = boto3) -> Self:
        """Return the access of the caller, such as a test. By default, it has the clients of `clients`."""
        return ctx.find_object(cls) or cls(partial(clients, attempts=attempts, session=session))


def operate(screen: Consoles, stack: str, document: Document, act: Callable[[], int]) -> int:
    """Run a command on a stack, and return its exit status. Print the reason if it is refused or interrupted.

    `document` is the policy that contains the command's permissions.
    """
    try:
        return act()
    except (Refusal, ProjectError) as error:
        screen.refuse(stack, str(error))
    except AWS_ERRORS as error:
        screen.refuse(stack, sentence(error, document))
    except KeyboardInterrupt:
        screen.fail("Interrupted before anything was changed.")
        return INTERRUPTED
    return REFUSED


def interrupt_once() -> None:
    """Raise KeyboardInterrupt at the first SIGINT or SIGTERM, and ignore later ones.

    `uv run` passes the terminal's Ctrl-C on, so it may arrive twice. The work that follows must end in order.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def ignore_interrupts() -> None:
    """Ignore SIGINT and SIGTERM from now on, for work that must not be left in the middle."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(*_: int | FrameType | None) -> NoReturn:
    ignore_interrupts()
    raise KeyboardInterrupt
