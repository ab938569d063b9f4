"""The command ``template``: what a platform team needs besides cookiecutter itself."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from cookiecutter.exceptions import CookiecutterException

from . import backstage
from .answers import BadAnswer
from .demo import DemoError, demo
from .examples import draw, regenerate, supply
from .fleet.command import add_fleet
from .library import LibraryError
from .manual import ABOUT, PARTS, of_all, of_part
from .new import NothingMade, answers_in, new
from .pair import run as pair_run
from .pair.choice import BadPair, Pair, choose
from .upkeep.commands import add_check, add_update, add_versions

COMMAND = "template"


def parser(typed: str = COMMAND) -> argparse.ArgumentParser:
    """Return the command's parser; each part sets ``run``, which takes the arguments and returns a status.

    ``typed`` is the command as it was typed.
    """
    top = of_all(typed).parser(ABOUT)
    commands = top.add_subparsers(required=True, metavar="COMMAND")
    for name, add in _PARTS.items():
        add(of_part(typed, name).part(commands, name, PARTS[name].about))
    return top


def main(arguments: Sequence[str] | None = None, typed: str = COMMAND) -> int:
    """Run the command, as it was typed, and return its exit status."""
    options = parser(typed).parse_args(arguments)
    try:
        return options.run(options)
    except (BadAnswer, CookiecutterException, DemoError, LibraryError, NothingMade) as error:
        print(error, file=sys.stderr)
        return 1


def _add_new(new_parser: argparse.ArgumentParser) -> None:
    new_parser.add_argument(
        "--answers",
        type=_file,
        metavar="FILE",
        help="answers to start from, in the form of a repository's .template.json",
    )
    new_parser.add_argument(
        "--output-dir", type=Path, default=Path(), metavar="DIR", help="where the new folder goes (default: here)"
    )
    new_parser.add_argument(
        "--no-input", action="store_true", help="take the given answers and the defaults, and ask nothing"
    )
    new_parser.set_defaults(run=_new)


def _new(options: argparse.Namespace) -> int:
    new(options.output_dir, options.answers, ask=not options.no_input)
    return 0


def _add_demo(demo_parser: argparse.ArgumentParser) -> None:
    demo_parser.add_argument(
        "--contexts", type=_pair, metavar="A,B", help="bake two of examples/answers/ and run them together"
    )
    demo_parser.add_argument(
        "--answers", type=_file, metavar="FILE", help="run the context of these answers instead of Payment"
    )
    demo_parser.add_argument("--output", type=Path, metavar="DIR", help="keep the context in this folder")
    demo_parser.add_argument("--rows", type=_count, metavar="N", help="upload a list of N rows made for the run")
    demo_parser.add_argument("--file", type=_file, metavar="F", help="upload this list instead")
    demo_parser.add_argument("--page", type=_page, metavar="PAGE", help="write all about the list into this HTML file")
    demo_parser.add_argument("--trace", metavar="ID", help="then show the path of the row with this identity")
    demo_parser.add_argument("--dashboards", type=_page, metavar="PAGE", help="draw the dashboards into this HTML file")
    demo_parser.add_argument("--verbose", action="store_true", help="name everything that differs from AWS")
    demo_parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")
    demo_parser.add_argument("--keep", action="store_true", help="leave it running and print its endpoints")
    demo_parser.set_defaults(run=_demo)


def _demo(options: argparse.Namespace) -> int:
    names = ("rows", "file", "page", "trace", "dashboards")
    valued = [f"--{name}={value}" for name in names if (value := getattr(options, name)) is not None]
    if options.contexts and (alone := [*valued, *(["--answers"] if options.answers else [])]):
        raise DemoError(f"{alone[0]} is for the demo of one context: leave out either it or --contexts")
    if options.contexts:
        return pair_run.demo(options.contexts, options.output, as_json=options.json, keep=options.keep)
    flags = [f"--{name}" for name in ("json", "keep", "verbose") if getattr(options, name)]
    answers = answers_in(options.answers) if options.answers else None
    return demo(options.output, [*valued, *flags], options.keep, answers)


def _add_examples(examples_parser: argparse.ArgumentParser) -> None:
    examples_parser.set_defaults(run=_examples)


def _examples(_: argparse.Namespace) -> int:
    print(f"examples/payment: {regenerate()} files")
    supply()
    draw()
    backstage.write()
    return 0


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"type a number of rows above 0, not {text!r}")
    return int(text)


def _file(text: str) -> Path:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(f"{text!r} is not a file")
    return Path(text).resolve()


def _pair(text: str) -> Pair:
    try:
        return choose(text)
    except BadPair as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _page(text: str) -> Path:
    # The run is in a folder of its own.
    return Path(text).resolve()


_PARTS = {
    "new": _add_new,
    "demo": _add_demo,
    "check": add_check,
    "update": add_update,
    "fleet": add_fleet,
    "versions": add_versions,
    "examples": _add_examples,
}
"""What gives each part its arguments."""
