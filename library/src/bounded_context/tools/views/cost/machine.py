"""Count the transitions of the list workflow's executions, by its definition."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...programs.recording import Graph

State = Mapping[str, Any]


class Machine:
    """The state machine of the list import, which contains a distributed map."""

    def __init__(self, definition: State) -> None:
        self._states: Mapping[str, State] = definition["States"]
        way = _path(self._states, definition["StartAt"], _is_map)
        self._map = self._states[way[-1]]
        rest = _path(self._states, self._map["Next"], _is_good_end)
        self.transitions = _counted(len(way) + len(rest))
        """Transitions of an imported list, without the transitions of its parts."""

    @property
    def transitions_a_part(self) -> int:
        """Transitions of a child execution of the map."""
        child = self._map["ItemProcessor"]
        return _counted(len(_path(child["States"], child["StartAt"], _is_good_end)))

    @property
    def at_once(self) -> int:
        """The maximum number of parts that are imported concurrently."""
        return self._map["MaxConcurrency"]


def imports(graph: Graph, import_arn: str) -> Machine | None:
    """Return the machine whose map calls the function that imports a part, given by its ARN without an alias."""
    found = [str(node.inputs["definition"]) for node in graph.of("sfn/stateMachine")]
    callers = [json.loads(definition) for definition in found if f"{import_arn}:" in definition]
    return next(
        (Machine(definition) for definition in callers if any(map(_is_map, definition["States"].values()))), None
    )


def _counted(states: int) -> int:
    """Return the billed transitions: each entered state, and the start (Step Functions, pricing examples)."""
    return states + 1


def _is_map(state: State) -> bool:
    return state["Type"] == "Map"


def _is_good_end(state: State) -> bool:
    return state["Type"] == "Succeed" or bool(state.get("End"))


def _path(states: Mapping[str, State], start: str, wanted: Callable[[State], bool]) -> list[str]:
    """Return the names of the states on the shortest path without failures to a wanted state."""
    paths = deque([[start]])
    while paths:
        path = paths.popleft()
        if wanted(states[path[-1]]):
            return path
        paths += [[*path, following] for following in _following(states[path[-1]]) if following not in path]
    raise LookupError(f"no path leads from {start} to its end")


def _following(state: State) -> Iterator[str]:
    choices = [*state.get("Choices", ()), state, {"Next": state.get("Default")}]
    return (following for choice in choices if (following := choice.get("Next")))
