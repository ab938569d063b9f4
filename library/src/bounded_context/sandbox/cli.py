"""The command line: which sandbox, what becomes of it, and with which exit status it ends."""

import argparse
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from ..installed import repository
from ..package import PackageError
from ..project import Project, ProjectError
from ..rollout.console import Consoles
from ..rollout.errors import AWS_ERRORS, INTERRUPTED, REFUSED, Refused, sentence
from ..smoke_account.throwaway import MODEL, Throwaway
from ..smoke_account.world import Failed
from ..typed import typed
from ..usage import Usage
from ..words import minute
from .github import GitHub
from .kinds import KINDS, SANDBOX
from .owner import person
from .sweep import Swept, sweep
from .temporary import Temporary, find, raise_up, read, shift, stacks

HOURS: Final = 24
MOST_HOURS: Final = 168
"""A week: what is needed for longer is a stack of the repository."""

_EXAMPLES: Final = {
    "up ada": "deploy the sources as they are to the stack sandbox-ada, for a day",
    "up ada --hours 48": "for two",
    "list": "who has which, and until when",
    "down ada": "destroy it",
    "sweep sandbox": "destroy the sandboxes whose time is over",
}
_STATUSES: Final = {
    0: "all went well",
    1: "something did not",
    REFUSED: "refused before anything changed",
    INTERRUPTED: "Ctrl-C: what already exists stays",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do as asked with the sandboxes of the current repository, and return the exit status."""
    options = _parser().parse_args(arguments)
    screen = Screen(as_json=getattr(options, "json", False))
    return guarded(lambda: options.act(repository(), options, screen), screen)


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


def _up(project: Project, options: argparse.Namespace, screen: Screen) -> int:
    stack = SANDBOX.stack(options.name)
    until = now() + timedelta(hours=options.hours)
    outputs = raise_up(project, stack, _caller(project), until)
    shift(stack, outputs)
    screen.up(stack, until, dict(outputs))
    return 0


def _down(project: Project, options: argparse.Namespace, screen: Screen) -> int:
    stack = SANDBOX.stack(options.name)
    if find(project, stack, _caller(project)) is None:
        raise Refused(f"There is no stack {stack}: `just sandbox list` says which there are.")
    Throwaway(project, stack).remove()
    screen.down(stack)
    return 0


def _list(project: Project, _: argparse.Namespace, screen: Screen) -> int:
    screen.listed([read(project, stack) for stack in stacks(project)], now())
    return 0


def _sweep(project: Project, options: argparse.Namespace, screen: Screen) -> int:
    kinds = [options.kind] if options.kind else list(KINDS)
    github = GitHub.here()
    if github is None:
        screen.tell("No GITHUB_TOKEN: which pull requests are closed is not asked.")
    return int(not sweep(project, kinds, now(), github and github.is_open, screen.swept))


def _caller(project: Project) -> str:
    return person(Throwaway(project, MODEL).aws)


def _parser() -> argparse.ArgumentParser:
    usage = Usage(typed("sandbox", "sandbox"), _EXAMPLES, _STATUSES)
    parser = usage.parser("A stack of your own for some hours, with the settings of dev, without SFTP and alarms.")
    acts = parser.add_subparsers(required=True, metavar="up|down|list|sweep")
    up = usage.part(acts, "up", "make it of the sources as they are, or deploy them to it again")
    up.add_argument("--hours", type=_hours, default=HOURS, help=f"until it may be swept, from now (default {HOURS})")
    down = usage.part(acts, "down", "destroy it")
    for act in (up, down):
        act.add_argument("name", help="lower-case letters, digits and hyphens; the stack is called sandbox-NAME")
    listed = usage.part(acts, "list", "all of them, and the preview stacks of pull requests")
    listed.add_argument("--json", action="store_true", help="print them as JSON")
    swept = usage.part(acts, "sweep", "destroy those whose time is over, or whose pull request is closed")
    swept.add_argument("kind", nargs="?", choices=KINDS, help="of this kind alone")
    for act, function in ((up, _up), (down, _down), (listed, _list), (swept, _sweep)):
        act.set_defaults(act=function)
    return parser


def _hours(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_HOURS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of hours: write 1 to {MOST_HOURS}")
    return int(text)
