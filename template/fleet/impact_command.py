"""The command ``template fleet impact``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from typer import Argument, Option

from ..alone import alone
from ..library import LibraryError
from ..upkeep.commands import CANNOT_TELL, DRIFTED, IN_STEP
from ..upkeep.errors import CannotTell
from .impact import Effect, Impact, State
from .impact import impact as impact_of
from .roster import roster

output = alone("cli", "command.output")


def impact(
    repository: Annotated[Path, Argument(metavar="REPO", help="the clone with the changed events")],
    place: Annotated[Path, Argument(metavar="DIR|FILE", help="a folder of clones, or a file with one path per line")],
    as_json: Annotated[bool, Option("--json", help="print JSON")] = False,
) -> int:
    """Run the inbound tests of each consumer with the changed events of a repository, in copies.

    An event is changed if its schema, its samples or its publication differs from the remote's main branch.

    Examples:
      template fleet impact ../payment ..
      template fleet impact . clones.txt --json

    Exit status:
      0  no consumer breaks
      1  a consumer breaks
      2  the effect on a consumer is unknown
    """
    try:
        consumers_impact = impact_of(repository, roster(place))
    except (CannotTell, LibraryError, OSError) as error:
        return output.fail(str(error), CANNOT_TELL)
    print(*([json.dumps(consumers_impact.as_json(), indent=2)] if as_json else _lines(consumers_impact)), sep="\n")
    states = {effect.state for effect in consumers_impact.effects}
    return CANNOT_TELL if State.UNKNOWN in states else DRIFTED if State.BREAKS in states else IN_STEP


def _lines(impact: Impact) -> Iterator[str]:
    if not impact.has_base:
        yield "The clone has no origin/HEAD, so the events before the change are unknown: all events count as changed."
    yield f"{impact.context}: {', '.join(impact.changed) or 'no event'} changed"
    for effect in impact.effects:
        yield from _effect(effect)
    yield from (event.sentence for event in impact.deprecated if event.publisher.name == impact.context)
    if not impact.effects:
        yield "No repository of this fleet consumes its events."


def _effect(effect: Effect) -> Iterator[str]:
    labels = [f"{label}, with a reaction" if label in effect.reactions else label for label in effect.labels]
    events = f" ({', '.join(labels)})" if labels else ""
    state = "cannot tell" if effect.state is State.UNKNOWN else effect.state
    yield f"  {effect.consumer.name}: {state}{events}"
    if effect.reason:
        yield f"    {effect.reason}"
    for failure in effect.failures:
        yield f"    {failure.test}"
        yield from (f"      {line}" for line in failure.reason.splitlines())
