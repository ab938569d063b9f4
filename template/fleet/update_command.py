"""The command ``template fleet update``."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from math import inf
from pathlib import Path
from time import monotonic
from typing import Annotated

from typer import Argument, Option

from ..alone import alone
from ..library import LibraryError
from ..processes import Asked, heeding
from ..upkeep.commands import CANNOT_TELL, DRIFTED, IN_STEP
from ..upkeep.errors import CannotTell
from ..upkeep.releases import newest
from .campaign.campaign import Campaign
from .campaign.own_commands import OwnCommands
from .campaign.records import Records
from .campaign.result import DONE, Result
from .campaign.survey import listed, survey
from .roster import waves

output = alone("cli", "command.output")

_LAST_SECONDS = 15
"""The seconds for texts and pushes after the last check."""


def update(
    place: Annotated[Path, Argument(metavar="DIR|FILE", help="a folder of clones, or a file with one path per line")],
    branches: Annotated[bool, Option("--branches", help="make the branches; without it, only show the states")] = False,
    minutes: Annotated[
        int | None, Option(min=0, metavar="N", help="end checks so that all takes N minutes (default: no limit)")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="print JSON: a line for each repository, and one for all")] = False,
) -> int:
    """Update the repositories of a fleet in waves, check each, and leave a branch with a pull request's text.

    The first repository is the first wave, unless blank lines in the file separate waves. A failure ends the campaign
    after its wave. The next call continues. Work trees do not change. A branch whose check failed is not pushed.

    Examples:
      template fleet update fleet.txt                         show what is to be updated
      template fleet update fleet.txt --branches              update, check, push the branches
      template fleet update fleet.txt --branches --minutes 3  no check after three minutes

    Exit status:
      0    all repositories are done
      1    a repository is not done: its line has the remedy
      2    the fleet cannot be read, or another campaign is running
      130  Ctrl-C; the next call continues
    """
    version, states = newest().version, Counter[str]()
    records, deadline = Records(place, version), inf
    if minutes is not None:
        deadline = monotonic() + minutes * 60 - _LAST_SECONDS
    try:
        results = listed(waves(place))
        run = _run(results, records, deadline) if branches else survey(results, records)
        for result in run:
            states[result.state] += 1
            print(*([json.dumps(result.as_json())] if as_json else result.lines()), sep="\n", flush=True)
    except (CannotTell, LibraryError, OSError) as error:
        return output.fail(str(error), CANNOT_TELL)
    except Asked as signal:
        print("\nThe campaign was interrupted: run this again to continue.", file=sys.stderr)
        return 128 + signal.number
    total = {"version": version, "folder": str(records.folder), "states": states}
    counts = ", ".join(f"{count} {state}" for state, count in states.items())
    print(json.dumps(total) if as_json else f"{counts}. Texts and logs: {records.folder}")
    return IN_STEP if all(state in DONE for state in states) else DRIFTED


def _run(waves: Sequence[Sequence[Result]], records: Records, deadline: float) -> Iterator[Result]:
    with heeding() as heed, records.work() as work:
        yield from Campaign(records, OwnCommands(work, heed, deadline), work).run(waves)
