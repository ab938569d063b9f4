"""The options of a run."""

import argparse
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from ..rollout.errors import INTERRUPTED
from ..typed import typed
from ..usage import Usage

_ABOUT: Final = "One list through the whole context, from its upload to the subscribers' queues."
_EXAMPLES: Final = {
    "": "1,000 sample rows, some calls, and what came of them",
    "--rows 10000": "more of them",
    "--file my.csv": "a list of your own",
    "--trace id-000000007": "and then the way of that row",
    "--dashboards page.html": "and the dashboards, drawn",
    "--keep --watch": "leave it running; what is saved in src/ is on it a moment later",
    "--deploy-only --keep": "nothing but the deployment",
    "--json": "the result for programs",
}
_STATUSES: Final = {
    0: "all numbers add up",
    1: "some do not, or it could not be run",
    2: "arguments that cannot work: nothing was started",
    INTERRUPTED: "Ctrl-C: all that was started is stopped",
}


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the options; ends the process with one sentence for those that cannot work."""
    parser = Usage(typed("local", "run"), _EXAMPLES, _STATUSES).parser(_ABOUT)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--rows", type=_positive, default=1000, help="how many sample rows to import (default 1000)")
    source.add_argument("--file", type=_file, help="import this CSV file; what it refers to is known")
    source.add_argument("--deploy-only", action="store_true", help="deploy, and import nothing")
    parser.add_argument("--trace", metavar="ID", help="then show the path of the row with this identity, step by step")
    page, described = partial(_writable, kind="an HTML file"), partial(_writable, kind="a JSON file")
    parser.add_argument("--dashboards", type=page, metavar="FILE", help="draw the dashboards into this HTML file")
    parser.add_argument("--page", type=page, metavar="FILE", help="write all about the list into this HTML file")
    parser.add_argument("--keep", action="store_true", help="leave it running, print its endpoints, stop on Ctrl-C")
    parser.add_argument("--watch", action="store_true", help="with --keep: make live what is saved in src/")
    parser.add_argument("--endpoints", type=described, metavar="FILE", help="with --keep: write what --join needs")
    parser.add_argument("--join", type=Path, metavar="FILE", help="deploy onto the emulator of the run that wrote FILE")
    parser.add_argument(
        "--verbose", action="store_true", help="name all that the emulator lacks, and all that is adapted to it"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")
    options = parser.parse_args(arguments)
    if problem := _problem(options):
        parser.error(problem)
    return options


def _problem(options: argparse.Namespace) -> str:
    """Return why options do not go together; empty if they do."""
    if options.endpoints and not options.keep:
        return "--endpoints needs --keep: a run that ends by itself cannot be joined"
    if options.watch and not options.keep:
        return "--watch needs --keep: a run that ends by itself has nothing to wait for"
    if options.deploy_only and (options.trace or options.dashboards):
        return "--trace and --dashboards show what became of a list, and --deploy-only imports none"
    return ""


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of rows: write one from 1, such as 1000")
    return int(text)


def _file(text: str) -> Path:
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"{text!r} is not a file: write the path of a CSV file")
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
