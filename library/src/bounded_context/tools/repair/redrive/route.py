"""Protocols for the source and the destination of messages."""

from collections.abc import Callable, Iterator
from typing import Protocol

from .messages import About, Message


class Source(Protocol):
    """A source of messages."""

    def count(self) -> int:
        """Return the approximate number of messages."""
        ...

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield every message once, and a deleted message each time that it returns; end early if `stopped` is true."""
        ...

    def not_seen(self) -> int:
        """Return the approximate number of messages that `messages` could not yield."""
        ...

    def delete(self, message: Message) -> None:
        """Delete a message that was delivered. Raises Late if another reader may have it."""
        ...

    def release(self) -> int:
        """Release messages that were not deleted; return the number of messages that stay hidden for a while."""
        ...


class Route(Protocol):
    """The handling of messages of a kind of dead-letter queue."""

    @property
    def action(self) -> str:
        """A verb phrase that describes the delivery of `each` message, for the plan."""
        ...

    def about(self, message: Message) -> About:
        """Return the displayable facts of a message."""
        ...

    def check(self, message: Message) -> None:
        """Raise Stays if a message visibly cannot be redriven; change nothing."""
        ...

    def deliver(self, message: Message) -> str:
        """Deliver a message; return the id under which it may return, or an empty string if it never returns.

        Raises:
            Stays: the message cannot be redriven.
            NotTaken: the delivery failed and may be retried.
            ClientError, BotoCoreError: AWS rejected the call or was unreachable.
        """
        ...
