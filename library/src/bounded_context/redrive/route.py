"""Where messages come from, and where they go."""

from collections.abc import Callable, Iterator
from typing import Protocol

from .messages import About, Message


class Source(Protocol):
    """What messages are taken from."""

    def count(self) -> int:
        """About how many messages there are."""
        ...

    def messages(self, stopped: Callable[[], bool]) -> Iterator[Message]:
        """Yield every message once, and a deleted message as often as it comes again; end early once `stopped`."""
        ...

    def not_seen(self) -> int:
        """About how many messages are there that `messages` could not yield."""
        ...

    def delete(self, message: Message) -> None:
        """Delete a message that was delivered. Raises Late if another reader may have it."""
        ...

    def release(self) -> int:
        """Put back what was taken and not deleted; returns how many messages stay hidden for a while."""
        ...


class Route(Protocol):
    """Knows the messages of one kind of dead-letter queue."""

    @property
    def action(self) -> str:
        """What is done with messages: completes "to redrive them is to ...", and calls a message `each`."""
        ...

    def about(self, message: Message) -> About:
        """What may be shown of a message."""
        ...

    def check(self, message: Message) -> None:
        """Look at a message without doing anything. Raises Stays if it cannot be redriven, so far as one can see."""
        ...

    def deliver(self, message: Message) -> str:
        """Send a message on its way; returns the id under which it may come back, empty if it cannot.

        Raises:
            Stays: it cannot be redriven.
            NotTaken: it was delivered in vain.
            ClientError, BotoCoreError: AWS refused it or could not be reached.
        """
        ...
