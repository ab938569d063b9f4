"""Destroys what is over: stacks past their time, and preview stacks whose pull request is closed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..project import Project
from ..rollout.errors import AWS_ERRORS, Refused, sentence
from ..smoke_account.throwaway import Throwaway
from ..smoke_account.world import Failed
from ..words import minute
from .kinds import REQUEST
from .temporary import Temporary, read, stacks

IsOpen = Callable[[int], bool]
"""Whether the pull request of this number is open. Raises Refused if that cannot be asked."""

Result = Literal["destroyed", "kept", "failed"]


@dataclass(frozen=True)
class Swept:
    """What became of a stack, and why."""

    stack: str
    result: Result
    why: str


def sweep(
    project: Project, kinds: Iterable[str], now: datetime, is_open: IsOpen | None, tell: Callable[[Swept], None]
) -> bool:
    """Destroy what is over of these kinds, one after the other; returns whether nothing is left that should not be.

    Raises:
        Refused: it cannot be asked which stacks there are.
    """
    found = [stack for stack in stacks(project) if stack.partition("-")[0] in kinds]
    swept = [_swept(project, stack, now, is_open, tell) for stack in found]
    return all(one.result != "failed" for one in swept)


def _swept(project: Project, stack: str, now: datetime, is_open: IsOpen | None, tell: Callable[[Swept], None]) -> Swept:
    try:
        told = _judged(project, read(project, stack), now, is_open)
    except (Failed, Refused, *AWS_ERRORS) as error:
        told = Swept(stack, "failed", sentence(error, "deploy"))
    tell(told)
    return told


def _judged(project: Project, one: Temporary, now: datetime, is_open: IsOpen | None) -> Swept:
    if one.expires is None:
        raise Failed(f"It does not say when it expires: `pulumi destroy` it, if nobody needs {one.stack}.")
    if why := _over(one, now, is_open):
        Throwaway(project, one.stack).remove()
        return Swept(one.stack, "destroyed", why)
    return Swept(one.stack, "kept", f"{one.owner}'s until {minute(one.expires)}")


def _over(one: Temporary, now: datetime, is_open: IsOpen | None) -> str | None:
    """Why a stack is over, if it is."""
    if one.expires is not None and one.is_over(now):
        return f"it was {one.owner}'s until {minute(one.expires)}"
    if one.kind == REQUEST.prefix and is_open is not None and not is_open(int(one.name)):
        return f"pull request {one.name} is closed"
    return None
