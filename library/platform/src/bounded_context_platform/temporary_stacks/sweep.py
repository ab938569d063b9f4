"""Destroy expired stacks, and stacks of closed pull requests."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from bounded_context.domain.spelling import minute
from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refused, sentence
from bounded_context_infra.configuration.project import Project

from .kinds import PULL_REQUEST
from .pulumi_cli import Failed
from .stack import TemporaryStack, temporary_stacks

LONGEST: Final = timedelta(minutes=30)
"""The assumed maximum of a destruction: half of AWS's default session. It usually takes some minutes, and Pulumi's AWS
provider waits up to 10 minutes for the deletion of a table."""


@dataclass(frozen=True)
class Swept:
    """The result of a stack, with the reason."""

    stack: str
    result: Literal["destroyed", "kept", "postponed", "failed"]
    why: str


def sweep(
    project: Project,
    kinds: Iterable[str],
    clock: Callable[[], datetime],
    session_end: datetime | None,
    closed: Collection[int],
    report: Callable[[Swept], None],
) -> bool:
    """Destroy the stacks of the given kinds that are over, in sequence. Return False if a stack failed.

    A destruction that could outlive the AWS session is left to the next sweep: it would fail and keep its lock.

    Args:
        project: the repository.
        kinds: the kinds of the stacks.
        clock: returns the time.
        session_end: the end of the AWS session, if any.
        closed: the numbers of closed pull requests, whose stacks are over.
        report: receives the result of each stack.

    Raises:
        Refused: the stacks cannot be listed.
    """
    passed = True
    for stack in temporary_stacks(project, kinds):
        try:
            result = _swept(stack, clock(), session_end, closed)
        except (Failed, Refused, *AWS_ERRORS) as error:
            result, passed = Swept(stack.name, "failed", sentence(error, "deploy")), False
        report(result)
    return passed


def _swept(stack: TemporaryStack, now: datetime, session_end: datetime | None, closed: Collection[int]) -> Swept:
    tags = stack.tags()
    if tags.expires is None:
        raise Failed(f"It has no tag `expires`: run `pulumi destroy` if {stack.name} is no longer needed.")
    kind, _, name = stack.name.partition("-")
    until = f"{tags.owner}'s until {minute(tags.expires)}"
    if tags.is_over(now):
        reason = f"it was {until}"
    elif kind == PULL_REQUEST.prefix and int(name) in closed:
        reason = f"pull request {name} is closed"
    else:
        return Swept(stack.name, "kept", until)
    if session_end is not None and now + LONGEST > session_end:
        return Swept(stack.name, "postponed", f"{reason}, and the AWS session ends at {minute(session_end)}")
    stack.destroy()
    return Swept(stack.name, "destroyed", reason)
