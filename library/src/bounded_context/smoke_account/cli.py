"""The command line: which stack, where, and with which exit status it ends."""

import argparse
import signal
from collections.abc import Sequence
from dataclasses import asdict
from types import FrameType
from typing import Final, NoReturn

from ..installed import repository
from ..project import Project, ProjectError
from ..rollout.console import Consoles
from ..rollout.errors import AWS_ERRORS, INTERRUPTED, REFUSED, Refused, sentence
from ..typed import typed
from ..usage import Usage
from .account import Account
from .emulator import Emulated
from .steps import Step, Steps, smoke
from .world import World

_EXAMPLES: Final = {
    "smoke": "on the account of your credentials, as the stack smoke",
    "--emulator": "on the embedded AWS of this machine",
    "smoke --json": "a report for programs",
}
_STATUSES: Final = {
    0: "all went well",
    1: "something did not",
    REFUSED: "refused before anything changed",
    INTERRUPTED: "Ctrl-C: what was made is destroyed",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Try a throw-away stack of the current repository, and return the exit status."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    screen = Screen(as_json=options.json)
    try:
        project = repository()
        world = _world(project, options.stack)
        screen.tell(f"{world.stack} on {world.check()}: it is made, tried and destroyed.")
    except (Refused, ProjectError) as error:
        screen.refuse(options.stack or "", str(error))
        return REFUSED
    except AWS_ERRORS as error:
        screen.refuse(options.stack or "", sentence(error, "deploy"))
        return REFUSED
    except KeyboardInterrupt:
        screen.fail("Interrupted before anything was changed.")
        return INTERRUPTED
    return _smoke(world, project, screen)


def _smoke(world: World, project: Project, screen: "Screen") -> int:
    steps, interrupted = Steps(screen.show), False
    try:
        smoke(world, project.context, steps)
    except KeyboardInterrupt:
        interrupted = True
    screen.end(world.stack, steps, interrupted=interrupted)
    return INTERRUPTED if interrupted else int(not steps.passed)


def _world(project: Project, stack: str | None) -> World:
    return Emulated(project) if stack is None else Account(project, stack)


class Screen(Consoles):
    """A line for each step, on standard error with `--json`."""

    def show(self, step: Step) -> None:
        """Print a step that is over."""
        mark = "✓" if step.passed else "✗"
        line = f"{mark} {step.name:<13}{step.seconds:7.1f} s  {step.said}"
        (self._progress if self._as_json else self._out).print(line, markup=False, soft_wrap=True)

    def end(self, stack: str, steps: Steps, *, interrupted: bool) -> None:
        """Print what came of it."""
        result = "interrupted" if interrupted else "passed" if steps.passed else "failed"
        if self._as_json:
            self._write({"stack": stack, "result": result, "steps": [asdict(step) for step in steps.done]})
        elif interrupted:
            self.fail(f"{stack}: interrupted.")
        elif result == "failed":
            self.fail(f"{stack}: {', '.join(step.name for step in steps.done if not step.passed)} failed.")


def _parser() -> argparse.ArgumentParser:
    usage = Usage(typed("smoke_account", "smoke-account"), _EXAMPLES, _STATUSES)
    parser = usage.parser(
        "Deploys a throw-away stack, sends it ten rows, releases a bad and a good version, destroys it."
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("stack", nargs="?", help="a name that no stack has, such as smoke")
    where.add_argument("--emulator", action="store_true", help="on the embedded AWS of this machine, not on an account")
    parser.add_argument("--json", action="store_true", help="print a JSON report; progress goes to standard error")
    return parser


def _interrupt(*_: int | FrameType | None) -> NoReturn:
    """End the steps, once: uv passes the terminal's Ctrl-C on, so it may come again while the stack is destroyed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
