"""A part of a run: a function or the state machine, its progress and its result."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias, TypeVar

from ...command.aws_errors import AWS_ERRORS, passes, sentence
from .deployments import Deployment

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
"""The result of a part. `detached`: CodeDeploy continues the deployment after the driver was interrupted."""

GOOD: Final[tuple[Result, ...]] = ("succeeded", "up to date")

T = TypeVar("T")
Steps: TypeAlias = Generator[str | None, Deployment | None, T]
"""The steps of a part. A step yields to wait until the next poll of AWS.

It yields the id of a deployment, and receives that deployment, or None if AWS did not answer. It yields None to wait
without a deployment.
"""


@dataclass
class Part:
    """A function or the state machine in a run. `live` is the version of its alias at the last read."""

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
        """Set the result, and the reason as a sentence."""
        self.result, self.why, self.doing, self.weight = result, why, result, None


def first(live: str) -> str:
    """Return the reason why a part at version 1 was not released; empty for other versions."""
    return "version 1 is its only version, which is live since its deployment." if live == "1" else ""


def patiently(part: Part, call: Callable[[], T]) -> Steps[T]:
    """Call AWS, and repeat the call at each poll after a transient error. Raises all other AWS errors."""
    while True:
        try:
            return call()
        except AWS_ERRORS as error:
            if not passes(error):
                raise
            part.doing = f"waiting, since AWS does not answer ({sentence(error)})"
        yield None
