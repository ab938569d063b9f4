"""The gate: the protocol between the simulated services and the scheduler."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")


class Errors(Protocol):
    """The exceptions that a client raises for the faults of one service."""

    @property
    def throttled(self) -> Callable[[], Exception]:
        """The constructor of the error for a request that is rejected for its rate. The request has no effect."""
        ...

    @property
    def failed(self) -> Callable[[], Exception]:
        """The constructor of the error for a request that ended with HTTP status 500. The request has no effect."""
        ...

    @property
    def unanswered(self) -> Callable[[], Exception]:
        """The constructor of the error for a request whose answer was lost. The request may have an effect."""
        ...


class Gate(Protocol):
    """The scheduler, as the services use it.

    An effect takes its time and its random decisions from ``now``, ``chance`` and ``choose``, and never uses ``call``.
    It reads its own request only, so the gate may run it at any later time.
    """

    def call(self, name: str, effect: Callable[[], T], errors: Errors) -> T:
        """Run the effect of one attempt of an API call, and return its result.

        The gate may switch to another activity before and after the effect. In place of the result it may raise an
        exception of ``errors``.

        Args:
            name: service, operation and subject, such as ``dynamodb.UpdateItem LIST#ab``.
            effect: applies the request, and returns the answer. Raises what the service refuses.
            errors: makes the exceptions of injected faults.
        """
        ...

    def now(self) -> float:
        """Return the simulated time, in seconds since 1970."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let simulated time pass for the caller, outside of an effect."""
        ...

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        ...

    def choose(self, options: Sequence[T]) -> T:
        """Return one of the options, which are not empty."""
        ...
