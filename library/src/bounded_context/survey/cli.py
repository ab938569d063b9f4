"""Prints what is found in repositories, in the order in which they are named."""

import argparse
import gc
import json
import sys
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ..installed import DISTRIBUTION
from ..typed import typed
from ..usage import Usage
from .apart import each
from .surveyed import survey

_EXAMPLES: Final = {"../payment ../order": "of two repositories, as JSON"}
_STATUSES: Final = {
    0: "it is printed, also where a repository cannot be read: its object says so",
    2: "arguments that cannot work",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print `{"library": VERSION, "repositories": [...]}`, one object a repository, as `survey` returns it.

    Returns:
        The exit status: 0, also where a repository cannot be read, which its object says.
    """
    options = _parser().parse_args(arguments)
    _import_once()
    found = each(options.repositories, survey)
    told = {"library": version(DISTRIBUTION), "repositories": found}
    sys.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    return 0


def _import_once() -> None:
    """What every program imports is here before the first process begins; none of them lives to have garbage."""
    from .. import infra

    for name in infra.__all__:
        getattr(infra, name)
    gc.disable()


def _parser() -> argparse.ArgumentParser:
    usage = Usage(typed("survey"), _EXAMPLES, _STATUSES)
    parser = usage.parser("What repositories declare, and which policies they break.")
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPO", help="the folder of a repository")
    return parser
