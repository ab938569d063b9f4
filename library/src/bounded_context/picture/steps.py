"""The steps of a workflow: which function comes after which, and where failures lead."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

State = Mapping[str, Any]

FAILURE: Final = "on failure"
"""What is said where a step's failure leads: by a catch, or by a choice's default."""


@dataclass(frozen=True)
class Machine:
    """A state machine, by its definition."""

    definition: str

    def links(self) -> list[tuple[str, str, str]]:
        """From which function's ARN to which, and "on failure" or nothing; the start is an empty text.

        States between two functions, such as choices, are passed. Where a way leads to a function anyhow, nothing is
        said of failures.
        """
        found: dict[tuple[str, str], str] = {}
        for before, state, said in self._ways():
            for after, then in self._ahead(state, said, frozenset()):
                if before != after:
                    found[before, after] = min(then, found.get((before, after), then))
        return [(before, after, said) for (before, after), said in found.items()]

    @cached_property
    def _states(self) -> Mapping[str, State]:
        """All states by their names, those within maps and parallels too."""
        return dict(_within(json.loads(self.definition)))

    def _ways(self) -> Iterator[tuple[str, str, str]]:
        """From each function to the states that may follow."""
        yield "", json.loads(self.definition)["StartAt"], ""
        for name, state in self._states.items():
            for function in _functions(state):
                yield from ((function, follows, said) for follows, said in self._following(name))

    def _ahead(self, name: str, said: str, passed: frozenset[str]) -> Iterator[tuple[str, str]]:
        """The functions that come first from a state on."""
        if name in passed:
            return
        state = self._states[name]
        if functions := _functions(state):
            yield from ((function, said) for function in functions)
            return
        for follows, then in _inside(state) or self._following(name):
            yield from self._ahead(follows, then or said, passed | {name})

    def _following(self, name: str) -> list[tuple[str, str]]:
        """The states after one, and what is said of the way.

        After the last one of a map comes what follows the map, and each one's failure is the map's.
        """
        state = self._states[name]
        found = [(one["Next"], "") for one in (state, *state.get("Choices", ())) if "Next" in one]
        found += [(one["Next"], FAILURE) for one in state.get("Catch", ())]
        found += [(state["Default"], FAILURE)] if "Default" in state else []
        is_last = state.get("End") or state["Type"] == "Succeed"
        return [*found, *(one for one in self._after_around(name) if is_last or one[1] == FAILURE)]

    def _after_around(self, name: str) -> list[tuple[str, str]]:
        """What follows the map or parallel in which a state stands."""
        around = (one for one, state in self._states.items() if name in dict(_children(state)))
        return [follows for one in around for follows in self._following(one)]


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
    """The functions that a task calls."""
    if state["Type"] != "Task":
        return []
    told = [state.get(name, {}).get("FunctionName") for name in ("Parameters", "Arguments")]
    return [one for one in (state["Resource"], *told) if one and ":function:" in one]
