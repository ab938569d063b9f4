"""The commands ``template check``, ``template update`` and ``template versions``."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from ..library import find_uv
from ..new import completed
from ..processes import Asked, environment, heeding
from .check import inspect
from .errors import CannotTell
from .releases import releases
from .told import outcome_json, outcome_lines, report_json, report_lines
from .update import Outcome, plan, update

IN_STEP, DRIFTED, CANNOT_TELL = 0, 1, 2
"""Exit statuses of a check."""


def add_check(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of ``template check``."""
    _add_repository(parser)
    parser.add_argument("--diff", action="store_true", help="show the differences")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")
    parser.set_defaults(run=_check)


def add_update(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of ``template update``."""
    _add_repository(parser)
    parser.add_argument("--to", metavar="VERSION", help="go to this version (default: that of this template)")
    parser.add_argument(
        "--answer", type=_answer, action="append", default=[], metavar="NAME=VALUE", help="change an answer as well"
    )
    parser.add_argument("--no-input", action="store_true", help="take the defaults of new questions, and ask nothing")
    parser.add_argument("--dry-run", action="store_true", help="show what would change, and change nothing")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")
    parser.set_defaults(run=_update)


def add_versions(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of ``template versions``."""
    parser.add_argument("--json", action="store_true", help="print them as JSON")
    parser.set_defaults(run=_versions)


def _add_repository(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("repository", type=Path, metavar="REPO", help="the folder of a context's repository")


def _check(options: argparse.Namespace) -> int:
    try:
        report = inspect(options.repository)
    except CannotTell as error:
        return _refused(error)
    lines = [json.dumps(report_json(report), indent=2)] if options.json else report_lines(report, options.diff)
    print(*lines, sep="\n")
    return IN_STEP if report.in_step else DRIFTED


def _update(options: argparse.Namespace) -> int:
    asks = sys.stdin.isatty() and not options.no_input and not options.json
    try:
        made = plan(options.repository, options.to, dict(options.answer))
        with heeding() as heed:
            outcome = update(made, lambda known: completed(known, asks), not options.dry_run, heed)
    except CannotTell as error:
        return _refused(error)
    except Asked as asked:
        print("\nNothing was changed.", file=sys.stderr)
        return 128 + asked.number
    return _told(outcome, options)


def _told(outcome: Outcome, options: argparse.Namespace) -> int:
    written = bool(outcome.changed) and not options.dry_run
    if not options.json:
        print(*outcome_lines(outcome, written), sep="\n", flush=True)
    checked = _own_check(options.repository, options.json) if written and not outcome.merged.conflicts else None
    if options.json:
        print(json.dumps(outcome_json(outcome, written, checked), indent=2))
    return 1 if outcome.merged.conflicts or checked else 0


def _own_check(repository: Path, quiet: bool) -> int:
    """Run the repository's own check, and return its exit status."""
    if not quiet:
        print("The repository's own check, `uv run just check`:", flush=True)
    said = subprocess.DEVNULL if quiet else None
    command = [find_uv(), "run", "just", "check"]
    status = subprocess.run(
        command, cwd=repository, env=environment(), stdout=said, stderr=said, check=False
    ).returncode
    if not quiet:
        print("Green." if not status else "Red: see its output above.")
    return status


def _versions(options: argparse.Namespace) -> int:
    if options.json:
        print(json.dumps([one.told() for one in releases()], indent=2))
    else:
        print(
            *(f"{one.version:8} {one.date or 'not released':12} {one.commit[:12]}".rstrip() for one in releases()),
            sep="\n",
        )
    return 0


def _refused(error: CannotTell) -> int:
    print(error, file=sys.stderr)
    return CANNOT_TELL


def _answer(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise argparse.ArgumentTypeError(f"write NAME=VALUE, not {text!r}")
    return name, value
