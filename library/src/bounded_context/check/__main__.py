"""`python -m bounded_context.check`: the repository's check."""

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Final

from ..project import Project, ProjectError, current
from ..typed import typed
from ..usage import Usage
from .changes import NoHistory, changed
from .selection import Selection, selected
from .steps import run
from .watching import saves

_EXAMPLES: Final = {
    "": "all of it; nothing is changed",
    "--changed": "what your changes can break",
    "--watch": "the same, on each save, until Ctrl-C",
}
_STATUSES: Final = {0: "all holds", 1: "something does not", 2: "it cannot run here", 130: "Ctrl-C"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit status."""
    options = _options(arguments)
    try:
        project = current()
        os.chdir(project.root)
        return _again(project) if options.watch else _check(project, only_changed=options.changed)
    except (ProjectError, NoHistory) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except KeyboardInterrupt:
        return 130


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Usage(typed("check", "check"), _EXAMPLES, _STATUSES).parser("All that must hold before a commit.")
    parser.add_argument("--changed", action="store_true", help="only what the changes since the last commit can break")
    parser.add_argument("--watch", action="store_true", help="as --changed, now and again on each save")
    return parser.parse_args(arguments)


def _check(project: Project, *, only_changed: bool) -> int:
    if not only_changed:
        return run(project.root, Selection())
    files = changed(project.root)
    if not files:
        sys.stdout.write("Nothing has changed since the last commit.\n")
        return 0
    selection = selected(project, files)
    sys.stdout.write(f"{selection}\n")
    return run(project.root, selection)


def _again(project: Project) -> int:
    for _ in saves(project.root):
        _check(project, only_changed=True)
        sys.stdout.write("Waiting for the next save; Ctrl-C ends this.\n")
        sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
