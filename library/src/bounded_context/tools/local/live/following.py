"""The logs of a kept run's functions, merged by time."""

import time
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

from ..aws import Aws
from ..observation.logs import LogLine, Logs

PAUSE_SECONDS: Final = 0.3


def groups(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the log groups of all functions, including the hooks of a release, by name; `outputs` are the stack's."""
    functions = {name: arn.split(":")[6] for name, arn in outputs["functions"].items()} | outputs["release"]["hooks"]
    return {name: f"/aws/lambda/{function}" for name, function in functions.items()}


def lines(aws: Aws, log_groups: Mapping[str, str], about: str | None, *, follow: bool) -> Iterator[list[LogLine]]:
    """Yield the existing lines, sorted; with `follow`, then yield new lines in batches, forever.

    Args:
        aws: the emulator.
        log_groups: the log groups by function.
        about: an id that selects calls with this id in a line: a correlation id of a caller, or the id of a list, an
            aggregate, an event, a trace or a request. None for all lines.
        follow: whether to yield new lines.
    """
    logs = Logs(aws, log_groups)
    while True:
        new = logs.take()
        yield sorted(concerned(new, about) if about else new, key=attrgetter("time"))
        if not follow:
            return
        time.sleep(PAUSE_SECONDS)


def concerned(found: Iterable[LogLine], about: str) -> list[LogLine]:
    """Return all lines of each call that has the id in a line. Requires that the lines of a call arrive together."""
    all_lines = list(found)
    calls = {line.request_id for line in all_lines if _names(line, about)}
    return [line for line in all_lines if line.request_id in calls]


def _names(line: LogLine, about: str) -> bool:
    values = line.fields.values()
    items = (item for value in values if isinstance(value, list) for item in value)
    return about in (line.request_id, *values, *items)
