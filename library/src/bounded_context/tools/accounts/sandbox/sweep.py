"""Destroy expired stacks, and preview stacks whose pull request is closed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ....configuration.project import Project
from ....domain.spelling import minute
from ...command.aws_errors import AWS_ERRORS, Refused, sentence
from ..pulumi_cli import Failed
from ..throwaway import Throwaway
from .kinds import REQUEST
from .temporary import Temporary, read, stacks

IsOpen = Callable[[int], bool]
"""Returns whether the pull request with this number is open. Raises Refused if GitHub does not answer."""

Result = Literal["destroyed", "kept", "failed"]


@dataclass(frozen=True)
class Swept:
    """The result of a stack, with the reason."""

    stack: str
    result: Result
    why: str


def sweep(
    project: Project, kinds: Iterable[str], now: datetime, is_open: IsOpen | None, tell: Callable[[Swept], None]
) -> bool:
    """Destroy the stacks of these kinds that are over, in sequence. Return False if a stack failed.

    Raises:
        Refused: the stacks cannot be listed.
    """
    found = [stack for stack in stacks(project) if stack.partition("-")[0] in kinds]
    swept = [_swept(project, stack, now, is_open, tell) for stack in found]
    return all(result.result != "failed" for result in swept)


def _swept(project: Project, stack: str, now: datetime, is_open: IsOpen | None, tell: Callable[[Swept], None]) -> Swept:
    try:
        result = _judged(project, read(project, stack), now, is_open)
    except (Failed, Refused, *AWS_ERRORS) as error:
        result = Swept(stack, "failed", sentence(error, "deploy"))
    tell(result)
    return result


def _judged(project: Project, temporary: Temporary, now: datetime, is_open: IsOpen | None) -> Swept:
    if temporary.expires is None:
        raise Failed(f"It has no tag `expires`: run `pulumi destroy` if {temporary.stack} is no longer needed.")
    if why := _over(temporary, now, is_open):
        Throwaway(project, temporary.stack).remove()
        return Swept(temporary.stack, "destroyed", why)
    return Swept(temporary.stack, "kept", f"{temporary.owner}'s until {minute(temporary.expires)}")


def _over(temporary: Temporary, now: datetime, is_open: IsOpen | None) -> str | None:
    """Return the reason why a stack is over, or None."""
    if temporary.expires is not None and temporary.is_over(now):
        return f"it was {temporary.owner}'s until {minute(temporary.expires)}"
    if temporary.kind == REQUEST.prefix and is_open is not None and not is_open(int(temporary.name)):
        return f"pull request {temporary.name} is closed"
    return None
