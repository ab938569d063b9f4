"""The steps of a workflow: the order of its functions, and the targets of failures."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

State = Mapping[str, Any]

FAILURE: Final = "on failure"
"""The label of a path after a step's failure: a catch, a choice's default, or a state that writes an error."""

_ERROR: Final = "$.error"
"""The member of the state with the error of a step."""


@dataclass(frozen=True)
class Machine:
    """The definition of a state machine."""

    definition: str

    def links(self) -> list[tuple[str, str, str]]:
        """Return pairs of function ARNs that follow one another, with the label "on failure" or an empty label.

        The start is an empty ARN. States without a function, such as choices, are skipped. If two functions are also
        linked without a failure, the label is empty.
        """
        found: dict[tuple[str, str], str] = {}
        for before, state, label in self._ways():
            for after, next_label in self._ahead(state, label, frozenset()):
                if before != after:
                    found[before, after] = min(next_label, found.get((before, after), next_label))
        return [(before, after, label) for (before, after), label in found.items()]

    @cached_property
    def _states(self) -> Mapping[str, State]:
        """All states by name, including the states within maps and parallels."""
        return dict(_within(json.loads(self.definition)))

    def _ways(self) -> Iterator[tuple[str, str, str]]:
        """Yield the start and each function, with each next state and the label of the path."""
        yield "", json.loads(self.definition)["StartAt"], ""
        for name, state in self._states.items():
            for function in _functions(state):
                yield from ((function, follows, label) for follows, label in self._following(name))

    def _ahead(self, name: str, label: str, passed: frozenset[str]) -> Iterator[tuple[str, str]]:
        """Yield the next functions from a state on."""
        if name in passed:
            return
        state = self._states[name]
        if functions := _functions(state):
            yield from ((function, label) for function in functions)
            return
        for follows, next_label in _inside(state) or self._following(name):
            yield from self._ahead(follows, next_label or label, passed | {name})

    def _following(self, name: str) -> list[tuple[str, str]]:
        """Return the next states, each with the label of the path.

        The last state of a map leads to the state after the map. A failure within a map is also the map's failure.
        """
        state = self._states[name]
        label = FAILURE if state.get("ResultPath") == _ERROR else ""
        found = [(choice["Next"], label) for choice in (state, *state.get("Choices", ())) if "Next" in choice]
        found += [(choice["Next"], FAILURE) for choice in state.get("Catch", ())]
        found += [(state["Default"], FAILURE)] if "Default" in state else []
        is_last = state.get("End") or state["Type"] == "Succeed"
        return [*found, *(choice for choice in self._after_around(name) if is_last or choice[1] == FAILURE)]

    def _after_around(self, name: str) -> list[tuple[str, str]]:
        """Return the states after the map or parallel that contains a state."""
        around = (outer for outer, state in self._states.items() if name in dict(_children(state)))
        return [follows for outer in around for follows in self._following(outer)]


def _within(machine: Mapping[str, Any]) -> Iterator[tuple[str, State]]:
    for name, state in machine["States"].items():
        yield name, state
        for inner in _machines(state):
            yield from _within(inner)


def _machines(state: State) -> list[Mapping[str, Any]]:
    alone = [state[name] for name in ("ItemProcessor", "Iterator") if name in state]
    return [*alone, *state.get("Branches", ())]


def _children(state: State) -> Iterator[tuple[str, State]]:
    for machine in _machines(state):
        yield from machine["States"].items()


def _inside(state: State) -> list[tuple[str, str]]:
    return [(machine["StartAt"], "") for machine in _machines(state)]


def _functions(state: State) -> list[str]:
    """Return the functions that a task calls."""
    if state["Type"] != "Task":
        return []
    named = [state.get(name, {}).get("FunctionName") for name in ("Parameters", "Arguments")]
    return [arn for arn in (state["Resource"], *named) if arn and ":function:" in arn]
