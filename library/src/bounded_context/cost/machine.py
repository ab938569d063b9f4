"""What an execution of the list workflow goes through, by its definition."""

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..testing.graph import Graph

State = Mapping[str, Any]


class Machine:
    """A state machine with a distributed map: the import's."""

    def __init__(self, definition: State) -> None:
        self._states: Mapping[str, State] = definition["States"]
        way = _way(self._states, definition["StartAt"], _is_map)
        self._map = self._states[way[-1]]
        rest = _way(self._states, self._map["Next"], _is_good_end)
        self.transitions = _counted(len(way) + len(rest))
        """Transitions of a list that is imported, without those of its parts."""

    @property
    def transitions_a_part(self) -> int:
        """Transitions of one child of the map."""
        child = self._map["ItemProcessor"]
        return _counted(len(_way(child["States"], child["StartAt"], _is_good_end)))

    @property
    def at_once(self) -> int:
        """Parts that are imported at the same time."""
        return self._map["MaxConcurrency"]


def imports(graph: Graph, import_arn: str) -> Machine | None:
    """The machine whose map calls the import of a part, by the ARN of that function without its alias."""
    found = [str(node.inputs["definition"]) for node in graph.of("sfn/stateMachine")]
    callers = [json.loads(one) for one in found if f"{import_arn}:" in one]
    return next((Machine(one) for one in callers if any(map(_is_map, one["States"].values()))), None)


def _counted(states: int) -> int:
    """Each state that is entered is one, and so is the start (Step Functions, examples of prices)."""
    return states + 1


def _is_map(state: State) -> bool:
    return state["Type"] == "Map"


def _is_good_end(state: State) -> bool:
    return state["Type"] == "Succeed" or bool(state.get("End"))


def _way(states: Mapping[str, State], start: str, wanted: Callable[[State], bool]) -> list[str]:
    """The names of the states on the shortest way to one that is wanted, where nothing fails."""
    ways = deque([[start]])
    while ways:
        way = ways.popleft()
        if wanted(states[way[-1]]):
            return way
        ways += [[*way, following] for following in _following(states[way[-1]]) if following not in way]
    raise LookupError(f"no way leads from {start} to its end")


def _following(state: State) -> Iterator[str]:
    choices = [*state.get("Choices", ()), state, {"Next": state.get("Default")}]
    return (following for choice in choices if (following := choice.get("Next")))
