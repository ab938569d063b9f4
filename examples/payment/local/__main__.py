"""`python -m local`: one list through the whole context, from its upload to the subscribers' queues."""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from . import measured, samples
from .context import RunningContext, running_context
from .deploy.program import Progress
from .errors import LocalRunError
from .executions import Ended
from .inbox_watch import watch
from .observation import trail_screen
from .observation.observation import collect
from .observation.samples import Sample
from .observation.settled import settled
from .observation.trail import Trail, trail
from .observation.trail_facts import gather
from .partner import WAY
from .result import Result, expected_events, read_result
from .screen import Screen
from .subscribers import wait_for

INTERRUPTED = 128 + signal.SIGINT


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status: 0 if the numbers add up, 130 after Ctrl-C, 1 otherwise."""
    options = _parse(arguments)
    signal.signal(signal.SIGTERM, _exit)
    screen = Screen(quiet=options.json)
    try:
        return _run(options, screen)
    except KeyboardInterrupt:
        # uv passes the terminal's Ctrl-C on, so it may come twice.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.fail("Interrupted: everything that was started is stopped.")
        return INTERRUPTED
    except LocalRunError as error:
        screen.fail(str(error))
        return 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--rows", type=_positive, default=1000, help="how many sample rows to import (default 1000)")
    source.add_argument("--file", type=_file, help="import this CSV file; what it refers to is known")
    parser.add_argument("--trace", metavar="ID", help="then show the way of the row with this identity, step by step")
    parser.add_argument("--dashboards", type=_page, metavar="FILE", help="draw the dashboards into this HTML file")
    parser.add_argument("--keep", action="store_true", help="leave it running, print its endpoints, stop on Ctrl-C")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows: write one from 1, such as 1000")
    return int(text)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text!r} is no file: write the path of a CSV file")
    return path


def _page(text: str) -> Path:
    """Return the path of a file that can be written; its folder is made."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder: write the path of an HTML file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path.parent):
            return path
    except OSError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} cannot be written: {error.strerror}: name another folder"
        ) from error


def _exit(number: int, _: FrameType | None) -> NoReturn:
    """Leave through every `finally` when the process is asked to end."""
    sys.exit(128 + number)


def _run(options: argparse.Namespace, screen: Screen) -> int:
    name, content = _list(options)
    lines = _lines_of(options.trace, name, content)
    with running_context(screen.stage, _counting(screen)) as context:
        started = time.time()
        ended, result = _import(context, screen, name, content)
        way = _trail(context, ended, options.trace, lines, result.report) if options.trace else None
        # The page is to be whole, so it waits; most runs need not.
        observed = (settled if options.dashboards else _so_far)(context)
        _show(result, way, screen, as_json=options.json)
        if options.dashboards:
            _draw(context, screen, observed, started, f"{name}: {result.outcome}", options.dashboards)
        if options.keep:
            _keep(context, screen)
    problems = [*result.problems(), *measured.problems_of_run(context.deployment.inputs, observed)]
    for problem in problems:
        screen.fail(problem)
    return 1 if problems else 0


def _list(options: argparse.Namespace) -> tuple[str, bytes]:
    if options.file:
        return options.file.name, options.file.read_bytes()
    return f"sample-{options.rows}.csv", samples.document(options.rows)


def _lines_of(identity: str | None, name: str, content: bytes) -> list[int]:
    """Return the lines of an identity. Raises LocalRunError, before anything is started, if the file has none."""
    if identity is None:
        return []
    found = samples.lines_by_identity(content)
    if identity not in found:
        example = f": write one that it has, such as {next(iter(found))}" if found else ""
        raise LocalRunError(f"{name} has no row with the {samples.identity_field()} {identity!r}{example}.")
    return found[identity]


def _counting(screen: Screen) -> Progress:
    made: list[str] = []

    def tell(kind: str, _: str) -> None:
        made.append(kind)
        screen.say(f"{len(made)} resources of {len(set(made))} types")

    return tell


def _import(context: RunningContext, screen: Screen, name: str, content: bytes) -> tuple[Ended, Result]:
    rows = samples.count_records(content)
    # Nobody else tells this run what exists elsewhere: what the file refers to is taken as known.
    context.know_references(samples.references_of(content))
    with screen.stage("upload"):
        uploaded = context.upload(name, content)
        screen.say(f"{name} {WAY}, {len(content):,} bytes, {rows:,} rows")
    with screen.stage("import"):
        ended = context.follow(uploaded, lambda state: screen.say(f"{state}, {context.least_received():,} events out"))
        screen.say(ended.outcome)
    with screen.stage("events"):
        expected = expected_events(ended, context.imported(ended.list_id) if ended.list_id else 0)
        events = wait_for(
            context.subscribers,
            ended.list_id or "",
            expected,
            lambda count: screen.say(f"{count:,} of {expected:,} at each subscriber"),
        )
        screen.say(", ".join(f"{len(received):,} to {name}" for name, received in events.items()))
    return ended, read_result(context, ended, rows, events, screen.stages)


def _trail(context: RunningContext, ended: Ended, identity: str, lines: list[int], report: str) -> Trail:
    return trail(gather(context, context.uploads[-1], ended, identity, lines, report))


def _show(result: Result, way: Trail | None, screen: Screen, *, as_json: bool) -> None:
    if as_json:
        told = result.as_json() | ({"trail": trail_screen.as_json(way)} if way else {})
        sys.stdout.write(json.dumps(told, indent=2) + "\n")
        sys.stdout.flush()
        return
    screen.show(result)
    if way:
        trail_screen.show(way, screen.out)


def _so_far(context: RunningContext) -> Sequence[Sample]:
    return collect(context).samples


def _draw(
    context: RunningContext, screen: Screen, samples: Sequence[Sample], started: float, what: str, file: Path
) -> None:
    # Plotly takes its time to import, and most runs draw nothing.
    from .dashboards.run import draw

    draw(context, samples, started, what, file)
    screen.show_page(file)


def _keep(context: RunningContext, screen: Screen) -> None:
    try:
        screen.show_endpoints(context)
        watch(context, screen.tell)
    except KeyboardInterrupt:
        screen.errors.print("Stopping everything.")


if __name__ == "__main__":
    sys.exit(main())
