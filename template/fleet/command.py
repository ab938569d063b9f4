"""The command ``template fleet``."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..upkeep.commands import CANNOT_TELL, DRIFTED, IN_STEP
from ..upkeep.errors import CannotTell
from .findings import findings
from .members import members
from .page import page
from .roster import roster
from .told import fleet_json, fleet_lines


def add_fleet(parser: argparse.ArgumentParser) -> None:
    """Give a parser the arguments of ``template fleet``."""
    parser.add_argument(
        "place", type=Path, metavar="DIR|FILE", help="a folder of clones, or a file that lists one per line"
    )
    parser.add_argument("--html", type=Path, metavar="PAGE", help="also write one HTML file, with a picture")
    parser.add_argument("--json", action="store_true", help="print the result as JSON and nothing else")
    parser.set_defaults(run=_fleet)


def _fleet(options: argparse.Namespace) -> int:
    try:
        fleet = members(roster(options.place))
        found = findings(fleet)
        if options.html:
            options.html.write_text(page(fleet, found), encoding="utf-8")
    except (CannotTell, OSError) as error:
        print(error, file=sys.stderr)
        return CANNOT_TELL
    lines = [json.dumps(fleet_json(fleet, found), indent=2)] if options.json else fleet_lines(fleet, found)
    print(*lines, sep="\n")
    if any(member.errors for member in fleet):
        return CANNOT_TELL
    return IN_STEP if not found and all(member.in_step for member in fleet) else DRIFTED
