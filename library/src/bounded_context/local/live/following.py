"""What the functions of a kept run log, in one stream and in the order of time."""

import time
from collections.abc import Iterable, Iterator, Mapping
from operator import attrgetter
from typing import Any, Final

from ..aws import Aws
from ..observation.logs import LogLine, Logs

PAUSE_SECONDS: Final = 0.3


def groups(outputs: Mapping[str, Any]) -> dict[str, str]:
    """Return the log groups of all functions by name, those that a release calls too; `outputs` are the stack's."""
    functions = {name: arn.split(":")[6] for name, arn in outputs["functions"].items()} | outputs["release"]["hooks"]
    return {name: f"/aws/lambda/{function}" for name, function in functions.items()}


def lines(aws: Aws, log_groups: Mapping[str, str], about: str | None, *, follow: bool) -> Iterator[list[LogLine]]:
    """Yield what is there, in order, and if it is to be followed then each batch of what comes, without end.

    Args:
        aws: where the functions are.
        log_groups: their log groups, by function.
        about: an id; None for all lines. It leaves the calls of which a line names it: as the correlation id that a
            caller sent, as a list's, an aggregate's or an event's id, or as the trace's or the request's own.
        follow: whether to go on.
    """
    logs = Logs(aws, log_groups)
    while True:
        new = logs.take()
        yield sorted(concerned(new, about) if about else new, key=attrgetter("time"))
        if not follow:
            return
        time.sleep(PAUSE_SECONDS)


def concerned(found: Iterable[LogLine], about: str) -> list[LogLine]:
    """Return all lines of the calls of which one names an id; the lines of a call come together."""
    every = list(found)
    calls = {line.request_id for line in every if _names(line, about)}
    return [line for line in every if line.request_id in calls]


def _names(line: LogLine, about: str) -> bool:
    values = line.fields.values()
    several = (one for value in values if isinstance(value, list) for one in value)
    return about in (line.request_id, *values, *several)
