"""The commands ``template check``, ``template update`` and ``template versions``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import gettempdir
from typing import Annotated

import typer
from typer import Argument, Option

from ..alone import alone
from ..library import find_uv
from ..new import completed
from ..processes import Asked, environment, heeding
from .check import inspect
from .conditions import exclusive
from .errors import CannotTell
from .git import Git
from .owners import is_changed, is_generated
from .releases import releases
from .reports import outcome_json, outcome_lines, plan_lines, report_json, report_lines
from .update import Outcome, plan
from .update import update as update_by

output = alone("cli", "command.output")

OPENAPI = "docs/api/openapi.json"
"""The document of an HTTP API; a context without an API has none."""

IN_STEP, DRIFTED, CANNOT_TELL = 0, 1, 2
"""The exit statuses of a check."""


Repository = Annotated[Path, Argument(metavar="REPO", help="the folder of a context's repository")]
AsJson = Annotated[bool, Option("--json", help="print JSON")]


def check(
    repository: Repository,
    diff: Annotated[bool, Option("--diff", help="show the differences")] = False,
    as_json: AsJson = False,
) -> int:
    """Show the files of a repository that differ from its version of the template.

    Examples:
      template check .
      template check ../payment --diff

    Exit status:
      0  in step: each file is as generated, generated from the code, or the team's own
      1  not in step: a file that no team edits differs, or an edit is missing
      2  the repository or its version cannot be read
    """
    try:
        report = inspect(repository)
    except (CannotTell, OSError) as error:
        return _refused(error)
    print(*([json.dumps(report_json(report), indent=2)] if as_json else report_lines(report, diff)), sep="\n")
    return IN_STEP if report.in_step else DRIFTED


def update(
    repository: Repository,
    to: Annotated[str | None, Option(metavar="VERSION", help="the version (default: that of this template)")] = None,
    answer: Annotated[list[str] | None, Option(metavar="NAME=VALUE", help="change an answer as well")] = None,
    no_input: Annotated[bool, Option("--no-input", help="ask nothing: take the defaults of new questions")] = False,
    dry_run: Annotated[bool, Option("--dry-run", help="show the changes, and write nothing")] = False,
    as_json: AsJson = False,
) -> int:
    """Bring a repository to another version of the template, and run its check.

    Migration steps edit renamed imports, moved settings and removed files before the merge. Without conflicts, the
    repository generates its documents from the code, and runs its check.

    Examples:
      template update . --dry-run
      template update .
      template update . --answer api=none

    Exit status:
      0    updated, and the repository's check passes
      1    there are conflicts to resolve, or the check fails
      2    the repository cannot be updated; nothing was changed
      130  Ctrl-C; nothing was changed
    """
    answers = dict(map(_answer, answer or ()))
    asks = sys.stdin.isatty() and not no_input and not as_json
    with ExitStack() as locks:
        try:
            locks.enter_context(exclusive(repository))
            update_plan = plan(repository, to, answers)
            if not as_json:
                print(*plan_lines(update_plan), sep="\n", end="\n" if update_plan.steps else "", flush=True)
            with heeding() as heed:
                outcome = update_by(update_plan, lambda known: completed(known, asks), not dry_run, heed)
        except (CannotTell, OSError) as error:
            return _refused(error)
        except Asked as signal:
            print("\nNothing was changed.", file=sys.stderr)
            return 128 + signal.number
        return _report(repository, outcome, written=bool(outcome.changed) and not dry_run, as_json=as_json)


def _report(repository: Path, outcome: Outcome, *, written: bool, as_json: bool) -> int:
    if not as_json:
        print(*outcome_lines(outcome, written), sep="\n", flush=True)
    checked = _own_check(repository, as_json) if written and not outcome.merged.conflicts else None
    if as_json:
        print(json.dumps(outcome_json(outcome, written, checked), indent=2))
    return 1 if outcome.merged.conflicts or checked else 0


def _own_check(repository: Path, quiet: bool) -> int:
    """Generate the repository's documents from the merged code, run its check, and return the exit status."""
    status = _contexts(repository, documents(repository), quiet)
    stage_generated(Git(repository))
    status = status or _contexts(repository, ["check"], quiet)
    if not quiet:
        print("Green." if not status else "Red: see its output above.")
    return status


def _contexts(repository: Path, names: Iterable[str], quiet: bool) -> int:
    """Run commands of the repository until one fails, and return the exit status."""
    for command in names:
        if not quiet:
            print(f"The repository's own command, `uv run context {command}`:", flush=True)
        if status := _context(repository, command, quiet):
            return status
    return 0


def documents(repository: Path) -> list[str]:
    """Return the commands that generate the repository's documents from its code."""
    return ["contracts", "openapi"] if (repository / OPENAPI).is_file() else ["contracts"]


def stage_generated(git: Git) -> None:
    """Add the files that the commands generated to the update's commit: otherwise they block the next update.

    Other files stay out of the index: a person may have saved them during the commands.
    """
    new = git.records("ls-files", "-z", "--others", "--exclude-standard")
    paths = {*filter(is_changed, git.records("ls-files", "-z", "--modified")), *filter(is_generated, new)}
    generated = "".join(f"{path}\0" for path in paths)
    git.run("update-index", "--add", "--remove", "-z", "--stdin", stdin=os.fsencode(generated))


def _context(repository: Path, command: str, quiet: bool) -> int:
    stream = subprocess.DEVNULL if quiet else None
    words = [find_uv(), "run", "context", command]
    return subprocess.run(
        words, cwd=repository, env=environment(), stdout=stream, stderr=stream, check=False
    ).returncode


def versions(as_json: AsJson = False) -> int:
    """List the versions of the template, the oldest first."""
    if as_json:
        print(json.dumps([version.as_json() for version in releases()], indent=2))
        return 0
    for version in releases():
        print(f"{version.version:8} {version.date or 'not released':12} {version.commit[:12]}".rstrip())
    return 0


def _refused(error: CannotTell | OSError) -> int:
    """Print an error. An OSError is from a temporary file: the merge and the write report their own."""
    place = f"free disk space, or permit writing in {gettempdir()}; no file was changed."
    return output.fail(f"{error}: {place}" if isinstance(error, OSError) else str(error), CANNOT_TELL)


def _answer(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"write NAME=VALUE, not {text!r}")
    return name, value
