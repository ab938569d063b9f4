"""`context sandbox up|down|list|sweep`: temporary stacks of persons and pull requests.

Each function imports Pulumi and AWS's SDK when it runs, so that the help is fast.
"""

import json
import os
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer
from typer import Argument, Option

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, sentence
from bounded_context_cli.command.installed import repository
from bounded_context_cli.command.output import minute, refuse
from bounded_context_cli.command.values import counted
from bounded_context_infra.configuration.project import Project

from .kinds import PULL_REQUEST, Failed, now, with_exit_status
from .stack import TemporaryStack, temporary_stacks

if TYPE_CHECKING:
    from .stack import Tags


HOURS: Final = 24
MOST_HOURS: Final = 168
"""A week: what is needed for longer is a stack of the repository."""

Name = Annotated[str, Argument(help="lower-case letters, digits and hyphens; the stack's name is sandbox-NAME")]


@with_exit_status
def up(
    name: Name,
    hours: Annotated[
        int | None,
        Option(
            parser=counted("hours", HOURS, MOST_HOURS), metavar="HOURS", help=f"the stack's lifetime (default: {HOURS})"
        ),
    ] = None,
) -> int:
    """Create a stack from the sources as they are, or deploy the sources to it again.

    The stack has the settings of dev, without SFTP and alarms.

    Examples:
      context sandbox up ada              the stack sandbox-ada, for a day
      context sandbox up ada --hours 48   for two days

    Exit status:
      0    deployed
      1    the deployment failed
      2    refused before anything changed
      130  Ctrl-C; existing resources stay
    """
    stack, until = _stack(name), now() + timedelta(hours=hours or HOURS)
    outputs = stack.deploy_for(stack.aws.person(), until)
    stack.shift_all(outputs)
    typer.echo(f"{stack.name} is there until {minute(until)}.")
    typer.echo(f"  inbox  s3://{outputs['inbox_bucket']}/incoming/")
    if api := outputs.get("api"):
        typer.echo(f"  API    {api['url']}")
    return 0


@with_exit_status
def down(name: Name) -> int:
    """Destroy a sandbox.

    Examples:
      context sandbox down ada

    Exit status:
      0  destroyed
      1  the destruction failed
      2  the sandbox does not exist
    """
    stack = _stack(name)
    if not stack.is_owned_by(stack.aws.person()):
        return refuse(f"There is no stack {stack.name}: `context sandbox list` lists the stacks.")
    stack.destroy()
    typer.echo(f"{stack.name} is destroyed.")
    return 0


@with_exit_status
def list_(as_json: Annotated[bool, Option("--json", help="print JSON")] = False) -> int:
    """List all sandboxes and the stacks of pull requests, with owner and end.

    Examples:
      context sandbox list --json

    Exit status:
      0  printed
      1  a stack could not be read
      2  refused, for example outside of a repository
    """
    from .stack import temporary_stacks

    stacks = [(stack.name, stack.tags()) for stack in temporary_stacks(repository())]
    if as_json:
        typer.echo(json.dumps({"stacks": [_entry(name, tags) for name, tags in stacks]}, indent=2))
        return 0
    for name, tags in stacks:
        until = minute(tags.expires) if tags.expires else "an unknown time"
        typer.echo(f"{name:<28} {tags.owner or '?':<24} until {until}{' (over)' if tags.is_over(now()) else ''}")
    if not stacks:
        typer.echo("There are no sandboxes and no preview stacks.")
    return 0


@with_exit_status
def sweep(
    kind: Annotated[Literal["sandbox", "pr"] | None, Argument(help="only stacks of this kind")] = None,
) -> int:
    """Destroy the stacks whose time is over, and the stacks of closed pull requests.

    In a workflow, the variable CLOSED has the numbers of closed pull requests (`context pull-request closed`), and
    SESSION_SECONDS the length of the AWS session, which begins with this command.

    Examples:
      context sandbox sweep sandbox

    Exit status:
      0  no expired stack is left, or the session is too short for the rest
      1  a stack could not be destroyed
      2  refused before anything changed
    """
    from .kinds import KINDS

    kinds = [kind] if kind else list(KINDS)
    return int(not sweep_stacks(repository(), kinds, now, _session_end(), _closed_requests(), _print))


def _closed_requests() -> list[int]:
    """Return the numbers in the variable CLOSED. Raises Refusal."""
    from bounded_context_cli.command.aws_errors import Refusal

    text = os.environ.get("CLOSED", "")
    if not text:
        typer.echo("No numbers in CLOSED: which pull requests are closed is unknown.", err=True)
    elif not re.fullmatch(r"\[([1-9][0-9]*(, [1-9][0-9]*)*)?\]", text):
        raise Refusal(f"CLOSED is {text!r}: write the output of `context pull-request closed` into the workflow.")
    return json.loads(text or "[]")


def _session_end() -> datetime | None:
    """Return the end of the AWS session by the variable SESSION_SECONDS; None without the variable."""
    from bounded_context_cli.command.aws_errors import Refusal

    seconds = os.environ.get("SESSION_SECONDS", "")
    if seconds and not seconds.isdecimal():
        raise Refusal(f"SESSION_SECONDS is {seconds!r}: write whole seconds into the workflow.")
    return now() + timedelta(seconds=int(seconds)) if seconds else None


def _stack(name: str) -> "TemporaryStack":
    from .kinds import SANDBOX
    from .stack import TemporaryStack

    return TemporaryStack(repository(), SANDBOX.stack(name))


def _entry(name: str, tags: "Tags") -> dict[str, Any]:
    kind, _, short = name.partition("-")
    return {"stack": name, "kind": kind, "name": short, **tags.texts(), "expired": tags.is_over(now())}


def _print(swept: "Swept") -> None:
    mark = {"destroyed": "✓", "kept": " ", "postponed": " ", "failed": "✗"}[swept.result]
    typer.echo(f"{mark} {swept.stack} {swept.result}: {swept.why}")


LONGEST: Final = timedelta(minutes=30)
"""The assumed maximum of a destruction: half of AWS's default session. It usually takes some minutes, and Pulumi's AWS
provider waits up to 10 minutes for the deletion of a table."""


@dataclass(frozen=True)
class Swept:
    """The result of a stack, with the reason."""

    stack: str
    result: Literal["destroyed", "kept", "postponed", "failed"]
    why: str


def sweep_stacks(
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
        Refusal: the stacks cannot be listed.
    """
    all_swept = True
    for stack in temporary_stacks(project, kinds):
        try:
            result = _sweep(stack, clock(), session_end, closed)
        except (Failed, Refusal, *AWS_ERRORS) as error:
            result, all_swept = Swept(stack.name, "failed", sentence(error, "deploy")), False
        report(result)
    return all_swept


def _sweep(stack: TemporaryStack, now: datetime, session_end: datetime | None, closed: Collection[int]) -> Swept:
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
