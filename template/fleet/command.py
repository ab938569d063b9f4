"""The command ``template fleet``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ..alone import alone
from ..library import LibraryError
from ..upkeep.commands import CANNOT_TELL, DRIFTED, IN_STEP
from ..upkeep.errors import CannotTell
from .findings import findings
from .impact_command import impact
from .members import members
from .output import fleet_json, fleet_lines
from .page import page
from .portal.command import portal
from .releases import Releases, figures, measured
from .roster import roster
from .update_command import update

__all__ = ["impact", "portal", "show", "update"]

output = alone("cli", "command.output")


def show(
    place: Annotated[Path, Argument(metavar="DIR|FILE", help="a folder of clones, or a file with one path per line")],
    html: Annotated[Path | None, Option(metavar="PAGE", help="also write one HTML page, with a picture")] = None,
    releases: Releases = None,
    as_json: Annotated[bool, Option("--json", help="print JSON")] = False,
) -> int:
    """Show the state of all repositories of a platform: versions, differences, events, findings.

    Examples:
      template fleet ..
      template fleet clones.txt --html fleet.html
      template fleet .. --releases figures

    Exit status:
      0  no repository differs, and there is no finding
      1  a repository differs, or there is a finding
      2  a repository cannot be read
    """
    try:
        read = figures(releases)
        fleet, faults = measured(members(roster(place)), read)
        fleet_findings = [*findings(fleet), *faults]
        if html:
            html.write_text(page(fleet, fleet_findings), encoding="utf-8")
    except (CannotTell, LibraryError, OSError) as error:
        return output.fail(str(error), CANNOT_TELL)
    lines = [json.dumps(fleet_json(fleet, fleet_findings), indent=2)] if as_json else fleet_lines(fleet, fleet_findings)
    print(*lines, sep="\n")
    if any(member.errors for member in fleet):
        return CANNOT_TELL
    return IN_STEP if not fleet_findings and all(member.in_step for member in fleet) else DRIFTED
