"""Mutants of the shipped definition of the list import: each differs in one place, and a check has to find each."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Final

from .pins import outcome as named

State = dict[str, Any]
Change = Callable[[State], Any]
Mutant = tuple[str, State]
"""The name of a mutant, and its definition."""

_FREE: Final = ("Comment",)
"""Fields without a meaning for Step Functions."""


def mutants(definition: State) -> Iterator[Mutant]:
    """Yield the mutants of a definition: by field of each state, then of the definition itself."""
    yield "TimeoutSeconds lost", _without(definition, "TimeoutSeconds")
    yield from _longer(definition)
    for path in _paths(definition):
        for name, change in _of_state(_at(definition, path)):
            mutant = deepcopy(definition)
            change(_at(mutant, path))
            yield f"{path[-1]}: {name}", mutant


def _longer(definition: State) -> Iterator[Mutant]:
    yield "TimeoutSeconds of a minute", {**definition, "TimeoutSeconds": 60}
    yield "another start", {**definition, "StartAt": "ValidateList"}


def _without(node: State, field: str) -> State:
    return {name: value for name, value in node.items() if name != field}


def _paths(node: State, above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the names that lead to each state, also inside of maps."""
    for name, state in node["States"].items():
        yield (*above, name)
        if "ItemProcessor" in state:
            yield from _paths(state["ItemProcessor"], (*above, name))


def _at(definition: State, path: tuple[str, ...]) -> State:
    node = definition
    for number, name in enumerate(path):
        node = (node["ItemProcessor"] if number else node)["States"][name]
    return node


def _of_state(state: State) -> Iterator[tuple[str, Change]]:
    """Yield the changes of a state: each field lost, and other values of the fields that have some."""
    for field in state:  # a map without its child, and a state without its type, are refused by AWS
        if field not in (*_FREE, "Type", "Resource", "ItemProcessor", "ItemReader", "End", "Error"):
            yield f"{field} lost", lambda node, field=field: node.pop(field)
    for kind in (_of_handlers, _of_choices, _of_map, _of_parameters, _of_selector, _of_way):
        yield from kind(state)


def _of_handlers(state: State) -> Iterator[tuple[str, Change]]:
    for number, retrier in enumerate(state.get("Retry", [])):
        names = retrier["ErrorEquals"]
        yield f"retrier of {names[0]} lost", lambda node, number=number: node["Retry"].pop(number)
        yield f"{names[0]} retried once", lambda node, number=number: node["Retry"][number].update(MaxAttempts=1)
        for name in names if len(names) > 1 else ():
            yield f"{name} not retried", lambda node, n=number, name=name: node["Retry"][n]["ErrorEquals"].remove(name)
    for field, value in (("Next", "Done"), ("ErrorEquals", ["States.Timeout"]), ("ResultPath", "$")):
        if "Catch" in state and state["Catch"][0].get(field, "$") != value:
            yield f"Catch with another {field}", lambda node, f=field, v=value: node["Catch"][0].update({f: v})


def _of_choices(state: State) -> Iterator[tuple[str, Change]]:
    choices = state.get("Choices", [])
    for number, choice in enumerate(choices):
        outcome = named(choice)
        for part in range(len(choice.get("And", []))):
            yield f"{outcome} without {part}", lambda node, n=number, p=part: node["Choices"][n]["And"].pop(p)
        yield f"{outcome} not expected", lambda node, number=number: node["Choices"].pop(number)
        for other in {rule["Next"] for rule in (*choices, {"Next": state["Default"]})} - {choice["Next"]}:
            yield f"{outcome} leads to {other}", lambda node, n=number, o=other: node["Choices"][n].update(Next=o)
    for other in {choice["Next"] for choice in choices}:
        yield f"Default is {other}", lambda node, other=other: node.update(Default=other)


def _of_map(state: State) -> Iterator[tuple[str, Change]]:
    if state["Type"] != "Map":
        return
    for tolerated in (0, 50, 99) if "ToleratedFailurePercentage" in state else (1, 100):
        yield f"tolerates {tolerated} %", lambda node, t=tolerated: node.update(ToleratedFailurePercentage=t)
    for number in (0, 1):
        yield f"MaxConcurrency {number}", lambda node, number=number: node.update(MaxConcurrency=number)
    config = {"ExecutionType": "EXPRESS", "Mode": "INLINE"}
    for field, value in config.items():
        yield value, lambda node, f=field, v=value: node["ItemProcessor"]["ProcessorConfig"].update({f: v})
    reader = state["ItemReader"]["Parameters"]
    for other in ("import", "manifest", "ranges"):
        key = f"States.Format('staging/{{}}/{other}.json', $.list_id)"
        if key != reader["Key.$"]:
            yield f"reads {other}.json", lambda node, k=key: node["ItemReader"]["Parameters"].update({"Key.$": k})
    for member in state["ItemSelector"]:
        yield f"no {member} selected", lambda node, member=member: node["ItemSelector"].pop(member)
    yield "no ReaderConfig", lambda node: node["ItemReader"].pop("ReaderConfig")


def _of_parameters(state: State) -> Iterator[tuple[str, Change]]:
    parameters = state.get("Parameters", {})
    for member in parameters:
        yield f"no {member}", lambda node, member=member: node["Parameters"].pop(member)
    for member in ("Payload", "ExpressionAttributeValues", "MessageAttributes"):
        for inner in parameters.get(member, ()):
            yield f"no {member} {inner}", lambda node, m=member, i=inner: node["Parameters"][m].pop(i)
    conditions = parameters.get("ConditionExpression", "").split(" AND ")
    for condition in conditions if len(conditions) > 1 else ():
        yield f"no {condition}", lambda node, c=condition: node["Parameters"].update(ConditionExpression=c)
    if conditions != [""]:
        either, all_new = " OR ".join(conditions), {"ReturnValues": "ALL_OLD"}
        yield "either condition", lambda node: node["Parameters"].update(ConditionExpression=either)
        yield "old values", lambda node: node["Parameters"].update(all_new)
        for name in (":imported", ":importing"):
            status = {name: {"S": "REJECTED"}}
            yield f"another {name}", lambda node, s=status: node["Parameters"]["ExpressionAttributeValues"].update(s)


def _of_selector(state: State) -> Iterator[tuple[str, Change]]:
    selector = state.get("ResultSelector", {})
    for member in selector:
        yield f"no result {member}", lambda node, member=member: node["ResultSelector"].pop(member)
    data = selector.get("data", {})
    names = list(data)
    for name, other in zip(names, names[1:] + names[:1], strict=True):
        value = data[other]
        yield f"{name} is {other}", lambda node, n=name, v=value: node["ResultSelector"]["data"].update({n: v})


def _of_way(state: State) -> Iterator[tuple[str, Change]]:
    for other in ("Done", "CompensateError", "UndoList", "PublishOutcome", "MarkImported"):
        if state.get("Next", other) != other:
            yield f"Next is {other}", lambda node, other=other: node.update(Next=other)
    if state["Type"] == "Pass":
        yield "another result", lambda node: node.update(Type="Succeed")
    if state["Type"] == "Fail":
        yield "no failure", lambda node: node.update(Type="Succeed")
