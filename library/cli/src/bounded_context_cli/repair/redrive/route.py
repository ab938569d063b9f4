"""The source and the destination of messages."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Protocol

from ...command.operation import Clients
from .message import Facts, Message

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class Source(Protocol):
    """A source of messages. All methods raise ClientError and BotoCoreError."""

    def count(self) -> int:
        """Return the approximate number of messages."""
        ...

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield every message once, and a deleted message each time that it returns; end early if `stopped` is true."""
        ...

    def not_seen(self) -> int:
        """Return the approximate number of messages that `messages` could not yield."""
        return 0

    def delete(self, message: Message) -> None:  # noqa: ARG002 (by default, nothing is deleted)
        """Delete a message that was delivered. Raises DeletedLate if another reader may have it."""
        return

    def release(self) -> int:
        """Release messages that were not deleted; return the number of messages that stay hidden for a while."""
        return 0


class Route(Protocol):
    """The handling of messages of a kind of dead-letter queue.

    Attributes:
        action: a verb phrase that describes the delivery of `each` message, for the plan.
    """

    action: str

    def facts(self, message: Message) -> Facts:
        """Return the displayable facts of a message."""
        ...

    def check(self, message: Message) -> None:  # noqa: ARG002 (by default, no check)
        """Raise NotRedrivable if a message visibly cannot be redriven; change nothing."""
        return

    def deliver(self, message: Message) -> str:
        """Deliver a message; return the id under which it may return, or an empty string if it never returns.

        Raises:
            NotRedrivable: the message cannot be redriven.
            DeliveryFailed: the delivery failed and may be retried.
            ClientError, BotoCoreError: AWS rejected the call or was unreachable.
        """
        ...


def invoker(clients: Clients) -> "LambdaClient":
    """Create a client that calls functions, which may run for 15 minutes.

    A call without an answer is not repeated, because the function may still run.
    """
    return clients("lambda", once=True, read_timeout=905)
