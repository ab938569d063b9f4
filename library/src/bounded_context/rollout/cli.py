"""The command line of the rollout: its arguments and exit statuses."""

import argparse
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType
from typing import Final, NoReturn

from ..installed import repository
from ..project import ProjectError
from ..typed import typed
from ..usage import Usage
from . import outputs
from .back import back, find_way
from .clients import Clients
from .clock import Clock, SystemClock
from .errors import AWS_ERRORS, INTERRUPTED, REFUSED, Refused, sentence
from .notes import release_id
from .orders import Order
from .report import Report
from .run import Run
from .screen import Screen
from .start import start
from .status import status

_EXAMPLES: Final = {
    "status prod": "the versions of all aliases, and the effect of a start",
    "start dev": "shift the traffic, and follow it to its end",
    "start prod --timeout 90": "with more time",
    "start prod --ignore-alarms 'ticket 4711'": "although an alarm is on",
    "back prod": "return to the versions before",
}
_STATUSES: Final = {
    0: "all is well",
    1: "something went wrong",
    REFUSED: "refused before anything changed",
    INTERRUPTED: "Ctrl-C",
}


def main(
    arguments: Sequence[str] | None = None,
    clients_of: Callable[[str], Clients] = Clients.of,
    clock: Clock | None = None,
) -> int:
    """Run the command in the current repository and return its exit status; `clients_of` makes a region's clients."""
    options = _parser().parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)
    screen = Screen(as_json=options.json)
    try:
        release = outputs.read(options.stack, repository().service, options.outputs)
        run = Run(options.stack, release, clients_of(release.region), clock or SystemClock(), screen)
        return options.command(run, options)
    except (Refused, ProjectError) as error:
        screen.end()
        screen.refuse(options.stack, str(error))
    except AWS_ERRORS as error:
        screen.end()
        screen.refuse(options.stack, sentence(error))
    except KeyboardInterrupt:
        screen.end()
        screen.fail("Interrupted before anything was changed.")
        return INTERRUPTED
    return REFUSED


def _interrupt(*_: int | FrameType | None) -> NoReturn:
    """End the run in order, once: uv passes the terminal's Ctrl-C on, so it may come twice."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _start(run: Run, options: argparse.Namespace) -> int:
    found = run.survey()
    now = run.clock.now()
    identity = release_id(found.routing.read or now, found.targets, now.microsecond)
    order = Order(run.release, run.stack, identity, options.on_conflict, options.ignore_alarms or "")
    report = run.report(order)
    return _reported(run, report, lambda: start(run, report, found, options.timeout))


def _back(run: Run, options: argparse.Namespace) -> int:
    way = find_way(run)
    report = run.report(Order(run.release, run.stack, way.release_id, on_conflict="stop", back=True))
    return _reported(run, report, lambda: back(run, report, way, options.timeout))


def _status(run: Run, _: argparse.Namespace) -> int:
    found = status(run)
    run.screen.show_status(found)
    return found.exit_status


def _reported(run: Run, report: Report, act: Callable[[], None]) -> int:
    """Act, and show the report also if that is interrupted."""
    reason, interrupted = report.order.ignored_alarms, False
    if reason:
        run.screen.warn_of_ignored_alarms(reason)
    try:
        act()
    except KeyboardInterrupt:
        interrupted = True
        report.interrupt()
    finally:
        run.screen.end()
    report.ended = run.clock.now()
    run.screen.show_report(report)
    if reason:
        run.screen.warn_of_ignored_alarms(reason)
    if interrupted:
        goes_on = any(part.result == "detached" for part in report.parts)
        run.screen.fail(f"Interrupted{': CodeDeploy goes on, ask `rollout status`' if goes_on else ''}.")
    return INTERRUPTED if interrupted else report.exit_status


def _parser() -> argparse.ArgumentParser:
    usage = Usage(typed("rollout", "rollout"), _EXAMPLES, _STATUSES)
    parser = usage.parser("Moves the traffic of a stack to its newest versions, step by step, and back.")
    commands = parser.add_subparsers(required=True, metavar="start|status|back")
    _add_start(usage.part(commands, "start", "shift the traffic to the newest versions, and follow it to its end"))
    _add(usage.part(commands, "status", "show the versions of all aliases, and the effect of start"), _status)
    back_parser = usage.part(commands, "back", "return the last release to the versions before")
    _add(back_parser, _back)
    _add_timeout(back_parser, "default 30")
    return parser


def _add(parser: argparse.ArgumentParser, command: Callable[[Run, argparse.Namespace], int]) -> None:
    parser.set_defaults(command=command)
    parser.add_argument("stack", help="the Pulumi stack, such as dev")
    parser.add_argument(
        "--outputs", type=Path, metavar="FILE", help="read `pulumi stack output --json` here, not from the Pulumi CLI"
    )
    parser.add_argument("--json", action="store_true", help="print a JSON report; progress goes to standard error")


def _add_start(parser: argparse.ArgumentParser) -> None:
    _add(parser, _start)
    _add_timeout(parser, "default: the strategy's duration and 30")
    parser.add_argument(
        "--on-conflict",
        choices=("wait", "stop", "fail"),
        default="wait",
        help="what to do about an active deployment of another run: wait for its end, and take its result if it goes to"
        " the same version (default); stop it with rollback; or fail before anything changes",
    )
    parser.add_argument(
        "--ignore-alarms",
        type=_reason,
        metavar="WHY",
        help="break-glass: let no alarm stop this release, for the reason that you write here",
    )


def _add_timeout(parser: argparse.ArgumentParser, default: str) -> None:
    parser.add_argument(
        "--timeout",
        type=_minutes,
        metavar="MINUTES",
        help="how long the functions together, and after them the state machine, may each take; then they are"
        f" rolled back ({default})",
    )


def _reason(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("write why alarms are to be ignored: the reason is kept with the release")
    return " ".join(text.split())


def _minutes(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of minutes: write one from 1, such as 45")
    return int(text)
