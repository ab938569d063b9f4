"""The pins of the shipped definition: for each state its way, its tries, its data and, for a map, its children.

`list_import.toml` has them. A changed definition needs the changed line there: by hand, after a look at its effect.
"""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

State = dict[str, Any]
PINS = tomllib.loads((Path(__file__).parent / "list_import.toml").read_text("utf-8"))


def pins(definition: State) -> dict[str, Any]:
    """Return the pins of a definition, by state."""
    start = {"start": definition["StartAt"], "seconds": definition["TimeoutSeconds"]}
    return {"execution": start, **dict(_pins(definition))}


def _pins(machine: State) -> Iterator[tuple[str, dict[str, str]]]:
    for name, state in machine["States"].items():
        pinned = {"way": _way(state), "tries": _tries(state), "data": _data(state), "children": _children(state)}
        yield name, {kind: text for kind, text in pinned.items() if text}
        yield from _pins(state.get("ItemProcessor", {"States": {}}))


def _way(state: State) -> str:
    """Return the next states, by outcome or by error."""
    choices = [f"{outcome(choice)} {choice['Next']}" for choice in state.get("Choices", [])]
    caught = [
        f"{catch['ErrorEquals']} {catch['Next']} {catch.get('ResultPath', '$')}" for catch in state.get("Catch", [])
    ]
    return "; ".join([state["Type"], *choices, *caught, str(state.get("Next") or state.get("Default") or "end")])


def outcome(choice: State) -> str:
    """Return the condition of a choice: an outcome, and the variables that must be present (`True`) or absent."""
    both = choice.get("And", [choice])
    return " ".join(
        str(condition.get("StringEquals") or f"{condition['Variable']} {condition['IsPresent']}") for condition in both
    )


def _tries(state: State) -> str:
    return "; ".join(
        f"{' '.join(retrier['ErrorEquals'])} {retrier['MaxAttempts']}" for retrier in state.get("Retry", [])
    )


def _data(state: State) -> str:
    """Return the parameters, the selected results and their place, without the values that the program passes in."""
    fields = ("Parameters", "ItemSelector", "ResultSelector", "Result", "ResultPath", "Error", "CausePath")
    data = {field: state[field] for field in fields if field in state}
    data |= {"Parameters": _own(data["Parameters"])} if "Parameters" in data else {}
    return json.dumps(data, separators=(",", ":")) if data else ""


def _own(parameters: State) -> State:
    passed = ("FunctionName", "TableName", "TopicArn")
    return {name: "" if name in passed else value for name, value in parameters.items()}


def _children(state: State) -> str:
    if state["Type"] != "Map":
        return ""
    reader, config = state["ItemReader"], state["ItemProcessor"]["ProcessorConfig"]
    tolerated = state.get("ToleratedFailurePercentage", 0)
    read = f"{reader['Parameters']['Key.$']} {reader['ReaderConfig']['InputType']}"
    return f"{state['MaxConcurrency']} {tolerated}% {config['Mode']} {config['ExecutionType']} {read}"
