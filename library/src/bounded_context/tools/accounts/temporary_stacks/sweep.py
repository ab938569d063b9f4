"""Destroy expired stacks, and stacks of closed pull requests."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ....configuration.project import Project
from ....domain.spelling import minute
from ...command.aws_errors import AWS_ERRORS, Refused, sentence
from .kinds import PULL_REQUEST
from .pulumi_cli import Failed
from .stack import TemporaryStack, temporary_stacks

IsOpen = Callable[[int], bool]
"""Returns whether the pull request with this number is open. Raises Refused if GitHub does not answer."""


@dataclass(frozen=True)
class Swept:
    """The result of a stack, with the reason."""

    stack: str
    result: Literal["destroyed", "kept", "failed"]
    why: str


def sweep(
    project: Project, kinds: Iterable[str], now: datetime, is_open: IsOpen | None, report: Callable[[Swept], None]
) -> bool:
    """Destroy the stacks of these kinds that are over, in sequence. Return False if a stack failed.

    Raises:
        Refused: the stacks cannot be listed.
    """
    passed = True
    for stack in temporary_stacks(project):
        if stack.name.partition("-")[0] in kinds:
            try:
                result = _swept(stack, now, is_open)
            except (Failed, Refused, *AWS_ERRORS) as error:
                result, passed = Swept(stack.name, "failed", sentence(error, "deploy")), False
            report(result)
    return passed


def _swept(stack: TemporaryStack, now: datetime, is_open: IsOpen | None) -> Swept:
    tags = stack.tags()
    if tags.expires is None:
        raise Failed(f"It has no tag `expires`: run `pulumi destroy` if {stack.name} is no longer needed.")
    kind, _, name = stack.name.partition("-")
    until = f"{tags.owner}'s until {minute(tags.expires)}"
    if tags.is_over(now):
        reason = f"it was {until}"
    elif kind == PULL_REQUEST.prefix and is_open is not None and not is_open(int(name)):
        reason = f"pull request {name} is closed"
    else:
        return Swept(stack.name, "kept", until)
    stack.destroy()
    return Swept(stack.name, "destroyed", reason)
