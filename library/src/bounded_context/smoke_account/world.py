"""Where a throw-away stack is tried: what the steps need of it, whether it is an account or the embedded AWS."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..local.aws import Calls
from ..local.subscribers import Subscriber


class Failed(Exception):
    """A step did not go as it should; the message is a sentence that says what was seen."""


class World(Protocol):
    """A place for one stack, named `stack`.

    `aws` calls its services, `code` is the archive that its functions run, and `patience` how long, in seconds,
    something may take that happens by itself.
    """

    @property
    def stack(self) -> str: ...  # noqa: D102

    @property
    def aws(self) -> Calls: ...  # noqa: D102

    @property
    def code(self) -> Path: ...  # noqa: D102

    @property
    def patience(self) -> float: ...  # noqa: D102

    def check(self) -> str:
        """Say where this is. Raises Refused if the stack cannot be tried here; nothing was changed then."""
        ...

    def deploy(self) -> Mapping[str, Any]:
        """Make the stack; returns its outputs. Raises Failed."""
        ...

    def send(self, name: str, content: bytes) -> None:
        """Bring a file in by the stack's door, as a partner does."""
        ...

    def subscribers(self) -> Sequence[Subscriber]:
        """Whoever reads the subscribers' queues."""
        ...

    def release(self) -> tuple[int, Mapping[str, Any]]:
        """Let the rollout driver shift the traffic to the newest versions; returns its exit status and its report."""
        ...

    def destroy(self) -> None:
        """Take away what `deploy` made, as far as it came. Raises Failed, which says what is left, and what to do."""
        ...
