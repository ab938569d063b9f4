"""`context sandbox up|down|list|sweep`: temporary stacks of persons and pull requests."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from typer import Argument, Option

from ....configuration.project import Project, ProjectError
from ....domain.spelling import minute
from ...command.aws_errors import AWS_ERRORS, INTERRUPTED, REFUSED, Refused, sentence
from ...command.console import Consoles
from ...command.installed import repository
from ...command.values import counted
from ...release.package import PackageError
from ..pulumi_cli import Failed
from ..throwaway import MODEL, Throwaway
from .github import GitHub
from .kinds import KINDS, SANDBOX
from .owner import person
from .sweep import Swept
from .sweep import sweep as destroy_expired
from .temporary import Temporary, find, raise_up, read, shift, stacks

HOURS: Final = 24
MOST_HOURS: Final = 168
"""A week: what is needed for longer is a stack of the repository."""

Name = Annotated[str, Argument(help="lower-case letters, digits and hyphens; the stack's name is sandbox-NAME")]


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
    screen = Screen(as_json=False)

    def act() -> int:
        project, stack, until = repository(), SANDBOX.stack(name), now() + timedelta(hours=hours or HOURS)
        outputs = raise_up(project, stack, _caller(project), until)
        shift(stack, outputs)
        screen.up(stack, until, dict(outputs))
        return 0

    return guarded(act, screen)


def down(name: Name) -> int:
    """Destroy a sandbox.

    Examples:
      context sandbox down ada

    Exit status:
      0  destroyed
      1  the destruction failed
      2  the sandbox does not exist
    """
    screen = Screen(as_json=False)

    def act() -> int:
        project, stack = repository(), SANDBOX.stack(name)
        if find(project, stack, _caller(project)) is None:
            raise Refused(f"There is no stack {stack}: `context sandbox list` lists the stacks.")
        Throwaway(project, stack).remove()
        screen.down(stack)
        return 0

    return guarded(act, screen)


def list_(as_json: Annotated[bool, Option("--json", help="print JSON")] = False) -> int:
    """List all sandboxes and the stacks of pull requests, with owner and end.

    Exit status:
      0  printed
      1  a stack could not be read
      2  refused, for example outside of a repository
    """
    screen = Screen(as_json=as_json)

    def act() -> int:
        project = repository()
        screen.listed([read(project, stack) for stack in stacks(project)], now())
        return 0

    return guarded(act, screen)


def sweep(
    kind: Annotated[Literal["sandbox", "pr"] | None, Argument(help="only stacks of this kind")] = None,
) -> int:
    """Destroy the stacks whose time is over, and the stacks of closed pull requests.

    Examples:
      context sandbox sweep sandbox

    Exit status:
      0  no expired stack is left
      1  a stack could not be destroyed
      2  refused before anything changed
    """
    screen = Screen(as_json=False)

    def act() -> int:
        github = GitHub.here()
        if github is None:
            screen.tell("No GITHUB_TOKEN: which pull requests are closed is not known.")
        kinds = [str(kind)] if kind else list(KINDS)
        return int(not destroy_expired(repository(), kinds, now(), github and github.is_open, screen.swept))

    return guarded(act, screen)


def _caller(project: Project) -> str:
    return person(Throwaway(project, MODEL).aws)


def guarded(act: Callable[[], int], screen: Consoles) -> int:
    """Return the exit status of `act`; what it may raise is told in a sentence."""
    try:
        return act()
    except (Refused, ProjectError) as error:
        screen.fail(str(error))
        return REFUSED
    except (Failed, PackageError, *AWS_ERRORS) as error:
        screen.fail(sentence(error, "deploy"))
        return 1
    except KeyboardInterrupt:
        screen.fail("Interrupted: what already exists stays; deploy again, or destroy it.")
        return INTERRUPTED


def now() -> datetime:
    """The time, in UTC and whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


class Screen(Consoles):
    """A line for each stack, or all of them as JSON."""

    def up(self, stack: str, until: datetime, outputs: dict[str, Any]) -> None:
        """Say what there is to play with."""
        self._out.print(f"{stack} is there until {minute(until)}.", markup=False)
        api = outputs.get("api") or {}
        for what, where in (("inbox", f"s3://{outputs['inbox_bucket']}/incoming/"), ("API", api.get("url"))):
            if where:
                self._out.print(f"  {what:<6} {where}", markup=False, soft_wrap=True)

    def down(self, stack: str) -> None:
        """Say that nothing is left."""
        self._out.print(f"{stack} is destroyed.", markup=False)

    def listed(self, found: Sequence[Temporary], at: datetime) -> None:
        """Print all stacks, and whether their time is over at that moment."""
        if self._as_json:
            self._write({"stacks": [{**one.told(), "expired": one.is_over(at)} for one in found]})
            return
        for one in found:
            until = minute(one.expires) if one.expires else "nobody knows when"
            over = " (over)" if one.is_over(at) else ""
            self._out.print(f"{one.stack:<28} {one.owner or '?':<24} until {until}{over}", markup=False, soft_wrap=True)
        if not found:
            self._out.print("There are no sandboxes and no preview stacks.")

    def swept(self, one: Swept) -> None:
        """Print what became of a stack."""
        mark = {"destroyed": "✓", "kept": " ", "failed": "✗"}[one.result]
        self._out.print(f"{mark} {one.stack} {one.result}: {one.why}", markup=False, soft_wrap=True)
