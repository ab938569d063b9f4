"""The interface between the steps and the place of the test: an account or the embedded AWS."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ...local.aws import Calls
from ...local.subscribers import Subscriber


class World(Protocol):
    """A place for a stack, named `stack`.

    `aws` calls its services, and `code` is the archive of its functions. `patience` is the maximum wait for
    asynchronous effects, in seconds.
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
        """Return a description of the place. Raises Refused, without a change, if the stack cannot be tested there."""
        ...

    def deploy(self) -> Mapping[str, Any]:
        """Create the stack and return its outputs. Raises Failed."""
        ...

    def send(self, name: str, content: bytes) -> None:
        """Upload a file, like a partner."""
        ...

    def subscribers(self) -> Sequence[Subscriber]:
        """Return the readers of the subscribers' queues."""
        ...

    def release(self) -> tuple[int, Mapping[str, Any]]:
        """Shift the traffic to the newest versions with the rollout driver. Return its exit status and its report."""
        ...

    def destroy(self) -> None:
        """Delete everything that `deploy` created. Raises Failed, with the remaining resources and the remedy."""
        ...
