"""Count the transitions of the list workflow's executions, by its definition."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ...programs.recording import Graph

State = Mapping[str, Any]


class Machine:
    """The state machine of the list import, which contains a distributed map."""

    def __init__(self, definition: State, import_arn: str) -> None:
        states: Mapping[str, State] = definition["States"]
        way = _path(states, definition["StartAt"], lambda state: _is_map(state) and _calls(state, import_arn))
        self._map = states[way[-1]]
        rest = _path(states, self._map["Next"], _is_good_end)
        self._way = [states[name] for name in way]
        self.transitions = _counted(len(way) + len(rest))
        """Transitions of an imported list, without the transitions of its parts."""

    @property
    def transitions_a_part(self) -> int:
        """Transitions of the child executions of all maps for a part."""
        children = [state["ItemProcessor"] for state in self._way if _is_map(state)]
        return sum(_counted(len(_path(child["States"], child["StartAt"], _is_good_end))) for child in children)

    def lanes(self, arn: str) -> int | None:
        """Return the maximum concurrent calls of a step for a list, by its ARN; None for one call for all parts."""
        return next((state["MaxConcurrency"] for state in self._way if _is_map(state) and _calls(state, arn)), None)

    @property
    def at_once(self) -> int:
        """The maximum number of parts that are imported concurrently."""
        return self._map["MaxConcurrency"]


def imports(graph: Graph, import_arn: str) -> Machine | None:
    """Return the machine whose map calls the function that imports a part, given by its ARN without an alias."""
    found = [json.loads(str(node.inputs["definition"])) for node in graph.of("sfn/stateMachine")]
    callers = (
        one for one in found if any(_is_map(state) and _calls(state, import_arn) for state in one["States"].values())
    )
    return next((Machine(definition, import_arn) for definition in callers), None)


def _counted(states: int) -> int:
    """Return the billed transitions: each entered state, and the start (Step Functions, pricing examples)."""
    return states + 1


def _is_map(state: State) -> bool:
    return state["Type"] == "Map"


def _calls(state: State, arn: str) -> bool:
    """Return whether a state, or a child of a map, calls an alias of a function."""
    return f"{arn}:" in json.dumps(state)


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
