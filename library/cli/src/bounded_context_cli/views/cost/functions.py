"""The functions of a recorded graph, their schedules, and the transitions of the list workflow's executions."""

import json
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from ...programs.recording import Graph, Node
from . import assumed

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_DAILY: Final = re.compile(r"cron\(\d+ \d+ \S+ \S+ \S+ \S+\)")
_MINUTES: Final = {"minute": 1, "hour": 60, "day": 24 * 60}


@dataclass(frozen=True)
class Scheduled:
    """A function that a schedule calls: its name in code, and its calls per month."""

    name: str
    function: Node
    calls: float


def functions(graph: Graph) -> Mapping[str, Node]:
    """Return the functions by their names in code."""
    return {node.name.replace("-", "_"): node for node in graph.of("lambda/function") if "handler" in node.inputs}


def memory_gb(function: Node) -> float:
    """Return the billed memory of a function, in GB."""
    return function.inputs.get("memorySize", 128) / 1024


def is_traced(function: Node) -> bool:
    """Return whether Lambda traces calls of the function without a sampling decision by the caller."""
    return function.inputs.get("tracingConfig", {}).get("mode") == "Active"


def environment_variable(function: Node, variable: str) -> str:
    """Return an environment variable of a function."""
    return function.inputs["environment"]["variables"][variable]


def log_days(graph: Graph, function: Node) -> int:
    """Return the days for which the log of a function is stored."""
    group = function.inputs.get("loggingConfig", {}).get("logGroup")
    groups = [node for node in graph.of("cloudwatch/logGroup") if node.inputs.get("name") == group]
    return int(sum(node.inputs.get("retentionInDays", 0) for node in groups))


def is_called(function: Node, arn: str) -> bool:
    """Return whether an ARN is the function's or its alias's."""
    return arn.split(":")[6:7] == [function.inputs["name"]]


def scheduled(graph: Graph) -> list[Scheduled]:
    """Return the functions with a fixed rate, sorted by name because Pulumi's order varies."""
    entries = [
        Scheduled(name, function, calls)
        for schedule in graph.of("scheduler/schedule")
        if (calls := a_month(schedule))
        for name, function in functions(graph).items()
        if is_called(function, schedule.inputs["target"]["arn"])
    ]
    names = sorted({entry.name for entry in entries})
    of_name = {name: [entry for entry in entries if entry.name == name] for name in names}
    return [replace(same[0], calls=sum(entry.calls for entry in same)) for same in of_name.values()]


def a_month(schedule: Node) -> float | None:
    """Return the calls of a schedule per month, or None if it is neither a rate nor the time of some days."""
    expression = schedule.inputs["scheduleExpression"]
    if _DAILY.fullmatch(expression):
        # At most once a day: a schedule of some days has fewer calls.
        return assumed().hours_a_month / 24
    match = _RATE.fullmatch(expression)
    return assumed().hours_a_month * 60 / (int(match[1]) * _MINUTES[match[2]]) if match else None


State = Mapping[str, Any]
States = Mapping[str, State]


class Machine:
    """The state machine of the list import, on the way of a list of several ranges and parts.

    The way has the states in the order in which an execution without failures enters them. A state may answer that a
    map processes the ranges or the parts of a list first. The way then has a detour: the map, and the states that are
    entered again.
    """

    def __init__(self, definition: State, import_arn: str) -> None:
        states: States = definition["States"]
        way = _path(states, definition["StartAt"], lambda state: _is_map(state) and _calls(state, import_arn))
        self._map = states[way[-1]]
        rest = _path(states, self._map["Next"], _is_good_end)
        self._way = [states[name] for name in (*_with_detours(states, way), *rest)]
        self.transitions = _transitions(len(self._way))
        """Transitions of an imported list, without the transitions of the children of its maps."""

    def transitions_a_child(self, arn: str) -> int:
        """Return the transitions of a child of the map that calls a function, by its ARN; 0 without such a map."""
        if (map_state := self._map_of(arn)) is None:
            return 0
        child = map_state["ItemProcessor"]
        return _transitions(len(_path(child["States"], child["StartAt"], _is_good_end)))

    def calls(self, arn: str) -> int:
        """Return the calls of a function for each list, by its ARN, without the calls by the children of a map."""
        return sum(not _is_map(state) and _calls(state, arn) for state in self._way)

    def lanes(self, arn: str) -> int | None:
        """Return the maximum concurrent children that call a function for a list, by its ARN; None without a map."""
        map_state = self._map_of(arn)
        return None if map_state is None else map_state["MaxConcurrency"]

    def _map_of(self, arn: str) -> State | None:
        return next((state for state in self._way if _is_map(state) and _calls(state, arn)), None)

    @property
    def at_once(self) -> int:
        """The maximum number of parts that are imported concurrently."""
        return self._map["MaxConcurrency"]


def imports(graph: Graph, import_arn: str) -> Machine | None:
    """Return the machine whose map calls the function that imports a part, given by its ARN without an alias."""
    definitions = [json.loads(str(node.inputs["definition"])) for node in graph.of("sfn/stateMachine")]
    callers = (
        definition
        for definition in definitions
        if any(_is_map(state) and _calls(state, import_arn) for state in definition["States"].values())
    )
    return next((Machine(definition, import_arn) for definition in callers), None)


def _transitions(states: int) -> int:
    """Return the billed transitions: each entered state, and the start (Step Functions, pricing examples)."""
    return states + 1


def _is_map(state: State) -> bool:
    return state["Type"] == "Map"


def _calls(state: State, arn: str) -> bool:
    """Return whether a state, or a child of a map, calls an alias of a function."""
    return f"{arn}:" in json.dumps(state)


def _is_good_end(state: State) -> bool:
    return state["Type"] == "Succeed" or bool(state.get("End"))


def _with_detours(states: States, way: Sequence[str]) -> Iterator[str]:
    """Yield the names of a way. After a state with a detour, yield the detour and the states that are entered again."""
    others = {name: state for name, state in states.items() if name not in way}
    for place, name in enumerate(way):
        yield name
        before = way[: place + 1]
        for start in _following(states[name]):
            if detour := _detour(others, start, before):
                yield from detour
                yield from before[before.index(_first(_following(states[detour[-1]]), before)) :]


def _detour(others: States, start: str, before: Sequence[str]) -> list[str]:
    """Return the shortest path with a map that leads from a state back to an earlier state of the way, or no states."""
    path = _shortest(others, start, lambda state: bool(_first(_following(state), before)))
    return path if any(_is_map(others[name]) for name in path) else []


def _first(names: Iterator[str], order: Sequence[str]) -> str:
    return next((name for name in names if name in order), "")


def _path(states: States, start: str, is_goal: Callable[[State], bool]) -> list[str]:
    """Return the shortest path without failures to a wanted state. Raises LookupError without a path."""
    if path := _shortest(states, start, is_goal):
        return path
    raise LookupError(f"no path leads from {start} to its end")


def _shortest(states: States, start: str, is_goal: Callable[[State], bool]) -> list[str]:
    """Return the names of the states on the shortest path without failures to a wanted state, or no names."""
    paths = deque([[start]] if start in states else [])
    while paths:
        path = paths.popleft()
        if is_goal(states[path[-1]]):
            return path
        paths += [[*path, name] for name in _following(states[path[-1]]) if name in states and name not in path]
    return []


def _following(state: State) -> Iterator[str]:
    choices = [*state.get("Choices", ()), state, {"Next": state.get("Default")}]
    return (following for choice in choices if (following := choice.get("Next")))
