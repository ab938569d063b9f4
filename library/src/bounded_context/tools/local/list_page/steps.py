"""Steps of an execution, from its history."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from .data import Step

_ENTERED: Final = "StateEntered"
_EXITED: Final = "StateExited"
_ONLY_ROUTING: Final = ("Choice", "Pass", "Succeed", "Fail")
_FAILED: Final = ("taskFailedEventDetails", "mapRunFailedEventDetails", "taskTimedOutEventDetails")


def steps(history: Iterable[Mapping[str, Any]]) -> Iterator[Step]:
    """Yield each state except routing states, with its times. An unfinished state ends with the execution."""
    events = list(history)
    last = events[-1]["timestamp"].timestamp() if events else 0.0
    for number, event in enumerate(events):
        kind = str(event["type"])
        if kind.endswith(_ENTERED) and not kind.startswith(_ONLY_ROUTING):
            name = event["stateEnteredEventDetails"]["name"]
            inner = list(_until_left(events[number + 1 :], name))
            left = inner[-1] if inner and _left(inner[-1], name) else None
            ended = left["timestamp"].timestamp() if left else last
            yield Step(name, "state", event["timestamp"].timestamp(), ended, _error(inner))


def _until_left(events: Iterable[Mapping[str, Any]], name: str) -> Iterator[Mapping[str, Any]]:
    for event in events:
        yield event
        if _left(event, name):
            return


def _left(event: Mapping[str, Any], name: str) -> bool:
    left = str(event["type"]).endswith(_EXITED)
    return left and event["stateExitedEventDetails"]["name"] == name


def _error(events: Iterable[Mapping[str, Any]]) -> str:
    """Return the error and the cause of the last failed try; empty if no try failed."""
    failed = [event[kind] for event in events for kind in _FAILED if kind in event]
    return f"{failed[-1].get('error', '')}: {failed[-1].get('cause', '')}" if failed else ""
