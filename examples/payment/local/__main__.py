"""`python -m local`: one list through the whole context, from its upload to the subscribers' queues."""

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn

from . import endpoints, measured, samples
from .aws import UNANSWERED
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
DEPLOYED = "DEPLOYED"


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
    except UNANSWERED as error:
        screen.fail(f"The emulator does not answer: {error}")
        return 1


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local", description=__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--rows", type=_positive, default=1000, help="how many sample rows to import (default 1000)")
    source.add_argument("--file", type=_file, help="import this CSV file; what it refers to is known")
    source.add_argument("--deploy-only", action="store_true", help="deploy, and import nothing")
    parser.add_argument("--trace", metavar="ID", help="then show the way of the row with this identity, step by step")
    page, described = partial(_writable, kind="an HTML file"), partial(_writable, kind="a JSON file")
    parser.add_argument("--dashboards", type=page, metavar="FILE", help="draw the dashboards into this HTML file")
    parser.add_argument("--keep", action="store_true", help="leave it running, print its endpoints, stop on Ctrl-C")
    parser.add_argument("--endpoints", type=described, metavar="FILE", help="with --keep: write what --join needs")
    parser.add_argument("--join", type=Path, metavar="FILE", help="deploy onto the emulator of the run that wrote FILE")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")
    options = parser.parse_args(arguments)
    if problem := _problem(options):
        parser.error(problem)
    return options


def _problem(options: argparse.Namespace) -> str:
    """Return why options do not go together; empty if they do."""
    if options.endpoints and not options.keep:
        return "--endpoints needs --keep: a run that ends by itself cannot be joined"
    if options.deploy_only and (options.trace or options.dashboards):
        return "--trace and --dashboards show what became of a list, and --deploy-only imports none"
    return ""


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows: write one from 1, such as 1000")
    return int(text)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text!r} is no file: write the path of a CSV file")
    return path


def _writable(text: str, kind: str) -> Path:
    """Return the path of a file that can be written; its folder is made."""
    path = Path(text)
    if path.is_dir():
        raise argparse.ArgumentTypeError(f"{text!r} is a folder: write the path of {kind}")
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


@contextmanager
def _context(options: argparse.Namespace, screen: Screen) -> Iterator[RunningContext]:
    """Yield the deployed context, which others may join if that is asked for."""
    join = endpoints.read(options.join) if options.join else None
    with running_context(screen.stage, _counting(screen), join=join) as context:
        ours = endpoints.of(context.emulator, context.outputs)
        with endpoints.published(options.endpoints, ours) if options.endpoints else nullcontext():
            yield context


def _run(options: argparse.Namespace, screen: Screen) -> int:
    return _deploy(options, screen) if options.deploy_only else _run_list(options, screen)


def _deploy(options: argparse.Namespace, screen: Screen) -> int:
    with _context(options, screen) as context:
        if options.json:
            stages = {name: round(seconds, 2) for name, seconds in screen.stages.items()}
            _print({"outcome": DEPLOYED, "not_emulated": context.deployment.not_emulated, "stages": stages})
        else:
            screen.show_limits(context.deployment.not_emulated, context.deployment.adapted)
        if options.keep:
            _keep(context, screen)
    return 0


def _run_list(options: argparse.Namespace, screen: Screen) -> int:
    name, content = _list(options)
    lines = _lines_of(options.trace, name, content)
    with _context(options, screen) as context:
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
        _print(result.as_json() | ({"trail": trail_screen.as_json(way)} if way else {}))
        return
    screen.show(result)
    if way:
        trail_screen.show(way, screen.out)


def _print(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    sys.stdout.flush()


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
        # uv passes the terminal's Ctrl-C on, so it may come twice.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.errors.print("Stopping.")


if __name__ == "__main__":
    sys.exit(main())
