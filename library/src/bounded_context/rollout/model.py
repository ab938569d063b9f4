"""A part of a release as it goes, and how it is written down while it waits."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, TypeVar

from .deployments import Deployment
from .errors import AWS_ERRORS, passes, sentence

Result = Literal[
    "succeeded",
    "up to date",
    "failed",
    "rolled back",
    "stopped",
    "timed out",
    "refused",
    "not started",
    "detached",
]
"""How a part ended; `detached` is a deployment that CodeDeploy goes on with after the driver was interrupted."""

GOOD: Final[tuple[Result, ...]] = ("succeeded", "up to date")

T = TypeVar("T")
Steps: TypeAlias = Generator[str | None, Deployment | None, T]
"""What one part does, written as if it were alone: it yields whenever it waits until the next look at AWS.

It yields the id of the deployment to look at, and is sent what was seen; None is sent if that could not be seen, and
None is yielded to wait for nothing in particular.
"""


@dataclass
class Part:
    """A function or the state machine in a run. `live` is the version of its alias when it was last read."""

    name: str
    aws_name: str
    before: str = ""
    target: str = ""
    live: str = ""
    weight: float | None = None
    deployment_id: str = ""
    doing: str = "reading"
    result: Result | None = None
    why: str = ""
    started: datetime | None = None
    seconds: float = 0.0

    def finish(self, result: Result, why: str = "") -> None:
        """Write down how it ended, and why in one sentence."""
        self.result, self.why, self.doing, self.weight = result, why, result, None


def first(live: str) -> str:
    """Say why a part at version 1 has not been released; empty for every other version."""
    return "version 1 is its only one: what is deployed first is live at once." if live == "1" else ""


def patiently(part: Part, call: Callable[[], T]) -> Steps[T]:
    """Return what `call` returns, trying again while it fails in a way that passes. Raises AWS's other errors."""
    while True:
        try:
            return call()
        except AWS_ERRORS as error:
            if not passes(error):
                raise
            part.doing = f"waiting, since AWS does not answer ({sentence(error)})"
        yield None
