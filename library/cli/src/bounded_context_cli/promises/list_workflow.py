"""Promises about the state machine of lists: a failure is undone and reported, and an imported list is complete.

The states are recognised by the functions that they call, so a team may rename them and add its own.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from bounded_context.application.staging import VERIFIED
from bounded_context.domain.spelling import kebab
from bounded_context_infra.configuration.project import WAITING_STATE

from ._promise import Check, Repository
from .workflow import ALL, OUTAGE_SECONDS, State, machines, states, targets, waited

READER_SECONDS: Final = 300
"""The minimum time for which a map tries to read its items, on average."""

_REGISTER, _IMPORT, _UNDO = "register_list", "import_list", "compensate_error"
_UNREAD: Final = "States.ItemReaderFailed"
_THROTTLED: Final = ("Lambda.TooManyRequestsException", "Throttled")
_CALLS: Final = ("Task", "Map", "Parallel")
_NOTHING: Final = ("ALREADY_REGISTERED", "IGNORED")
_CONDITIONS: Final = ("#status IN (:importing, :imported)", "size(imported_parts) = parts")
_STORES: Final = "SET task_token = :token"
_WAITS: Final = "attribute_exists(waits_since) AND attribute_not_exists(decided_at)"
_DECIDED: Final = ["DynamoDb.ConditionalCheckFailedException"]
"""The update of a list that waits for its approval, and the error for a list that does not wait, or no longer."""
_IMPORTED: Final = '":imported"'
_STATUSES: Final = {":imported": {"S": "IMPORTED"}, ":importing": {"S": "IMPORTING"}}
_FACTS: Final = {
    **{name: name for name in ("list_id", "partner", "rows", "rejected")},
    **{"file": "key", "imported": "valid"},
}
"""The members of the event of an imported list, and the attributes of the list's record."""


@dataclass(frozen=True)
class _Import:
    """The state machine that imports lists. `calls` has, by step, a text of the states that call its function."""

    name: str
    states: Mapping[str, State]
    calls: Mapping[str, str]

    def calling(self, *steps: str, kind: str = "") -> set[str]:
        """Return the names of the states, by default of each type, that call a step or whose children call it."""
        texts = [self.calls[step] for step in steps if step in self.calls]
        return {
            name
            for name, state in self.states.items()
            if kind in ("", state["Type"]) and any(text in json.dumps(state) for text in texts)
        }

    def reached(self, starts: Collection[str], without: Collection[str] = ()) -> set[str]:
        """Return the states on all ways from some states, the starts included, without caught failures."""
        reached, following = set[str](), [name for name in starts if name not in without]
        while following:
            name = following.pop()
            reached.add(name)
            uncaught = {**self.states.get(name, {}), "Catch": []}
            following += set(targets(uncaught)) - reached - set(without)
        return reached

    @property
    def imports(self) -> set[str]:
        """The maps that import parts."""
        return self.calling(_IMPORT, kind="Map")

    @property
    def undoes(self) -> set[str]:
        """The maps that undo parts."""
        return self.calling(_UNDO, kind="Map")

    @property
    def closes(self) -> set[str]:
        """The tasks that close a list."""
        return self.calling(_UNDO, kind="Task")


def _imports(where: Repository) -> Iterator[_Import]:
    functions = {node.name: f":function:{node.inputs['name']}:" for node in where.graph.of("lambda/function")}
    calls = {step: functions[kebab(step)] for step in where.context.steps if kebab(step) in functions}
    for name, definition in machines(where):
        machine = _Import(name, definition["States"], calls)
        if machine.imports:
            yield machine


def parts_run_to_their_ends(where: Repository) -> Iterator[str]:
    """Every part of a list is imported or undone to its end, whatever happens to other parts."""
    for machine in _imports(where):
        for name in machine.imports | machine.undoes:
            state, place = machine.states[name], f"The state {name} of {machine.name}"
            if state.get("ToleratedFailurePercentage") != 100:
                yield f"{place} stops after a failed part, while functions write: tolerate 100 percent of failures."
            if state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("ExecutionType") != "STANDARD":
                yield f'{place} ends its children after 5 minutes, while functions write: write "STANDARD".'


def checks_tolerate_no_failure(where: Repository) -> Iterator[str]:
    """Every range is validated and every part verified before a row is written."""
    for machine in _imports(where):
        checking = machine.calling("validate_list", str(where.context.verification), kind="Map")
        for name in checking - machine.imports - machine.undoes:
            if tolerance := {field for field in machine.states[name] if field.startswith("ToleratedFailure")}:
                yield f"The state {name} of {machine.name} goes on after a failure: remove {', '.join(tolerance)}."


def maps_keep_the_state_small(where: Repository) -> Iterator[str]:
    """The outputs of a map fit the state of 256 KiB, even if all children fail."""
    for place, state, _ in states(where):
        if state["Type"] == "Map" and "ResultWriter" not in state and "ItemProcessor" in state:
            tolerant = any(field.startswith("ToleratedFailure") for field in state)
            children = state["ItemProcessor"]["States"]
            yield from (f"{place}: {fault}" for name in children for fault in _large(children, name, tolerant))
    for machine in _imports(where):
        for name, state in machine.states.items():
            constant = state.get("ResultSelector") == {} and state.get("ResultPath", "$") != "$"
            if state["Type"] == "Map" and not constant and state.get("ResultPath", "$") is not None:
                yield f'The state {name} of {machine.name} replaces the list by its outputs: write "ResultPath": null.'


def _large(children: Mapping[str, State], name: str, tolerant: bool) -> Iterator[str]:
    child = children[name]
    if child["Type"] != "Task":
        return
    if child.get("End") and "ResultSelector" not in child:
        yield f'the child {name} returns the whole answer of its call: write a "ResultSelector" of what is needed.'
    caught = [catcher["Next"] for catcher in child.get("Catch", []) if ALL in catcher["ErrorEquals"]]
    if tolerant and not caught:
        yield f"a failed child {name} returns its whole record: catch {ALL}, and go to a Pass with a Result."
    for target in caught:
        if "Result" not in children.get(target, {"Result": {}}):
            yield f'{target} returns the error of {name}: make it a Pass, with "Result": {{}}.'


def maps_read_again(where: Repository) -> Iterator[str]:
    """A map whose items cannot be read tries again for 5 minutes."""
    for place, state, _ in states(where):
        if "ItemReader" in state and (seconds := waited(state, _UNREAD)) < READER_SECONDS:
            yield f"{place} gives up on {_UNREAD} after {seconds:.0f} of {READER_SECONDS} seconds: give it a retrier."


def maps_limit_their_children(where: Repository) -> Iterator[str]:
    """A map limits its concurrent children: without a limit, 10,000 children start at once."""
    for place, state, _ in states(where):
        if "ItemReader" in state and not (state.get("MaxConcurrency") or state.get("MaxConcurrencyPath")):
            yield f"{place} starts up to 10,000 children at once: write its MaxConcurrency."


def failures_are_undone(where: Repository) -> Iterator[str]:
    """Every failure of a list leads to its end: before the import to the report, and then to the undo of all rows."""
    for machine in _imports(where):
        ended, registering = machine.reached(machine.closes), machine.calling(_REGISTER)
        registers = {name for name in machine.states if registering & machine.reached([name])}
        after_import = machine.reached(machine.imports, without=ended)
        for name in set(machine.states) - ended - registers:
            state = machine.states[name]
            targets = machine.undoes if name in after_import and machine.undoes else machine.closes
            if state["Type"] in _CALLS and not _leads(machine, _caught(state), targets):
                place = f"A failure of the state {name} of {machine.name}"
                yield f"{place} leaves the list open: catch {ALL}, and go to {_first_of(targets)}."
        for name in machine.undoes:
            if not _leads(machine, machine.states[name].get("Next"), machine.closes):
                yield f"The state {name} of {machine.name} does not close the list: go to {_first_of(machine.closes)}."


def _caught(state: State) -> str | None:
    return next((catcher["Next"] for catcher in state.get("Catch", []) if ALL in catcher["ErrorEquals"]), None)


def _leads(machine: _Import, target: str | None, states: set[str]) -> bool:
    """Return whether a target leads to a wanted state, without an import on the way."""
    return target is not None and bool(states & machine.reached([target], without=machine.imports))


def _first_of(names: set[str]) -> str:
    return min(names, default="a state that calls compensate_error")


def only_verified_lists_are_imported(where: Repository) -> Iterator[str]:
    """Only the outcome VERIFIED leads to the import of the verified rows, and an unexpected outcome closes the list."""
    for machine in _imports(where):
        verifying = machine.calling(str(where.context.verification))
        for name, state in machine.states.items():
            place = f"The state {name} of {machine.name}"
            if name in machine.imports | machine.undoes and f"/{VERIFIED}" not in json.dumps(state.get("ItemReader")):
                yield f"{place} reads rows that are not verified: read staging/<list id>/{VERIFIED}."
            if state["Type"] == "Choice" and machine.imports & machine.reached([name]):
                yield from (f"{place} {fault}" for fault in _choice_faults(machine, state, verifying))


def _choice_faults(machine: _Import, state: State, verifying: set[str]) -> Iterator[str]:
    default = machine.reached([state["Default"]] if "Default" in state else [])
    if machine.imports & default or not machine.closes & default:
        yield f"does not close a list with an unexpected outcome: write the Default {_first_of(machine.closes)}."
    for choice in state["Choices"]:
        imported = machine.imports & machine.reached([choice["Next"]], without=verifying)
        if imported and choice.get("StringEquals") != "VERIFIED":
            yield "imports lists that are not verified: write the outcome VERIFIED."


def approvals_are_awaited(where: Repository) -> Iterator[str]:
    """A list of a context with an approval is imported only after a state that waits for a person, and not forever."""
    if where.context.approval is None:
        return
    for machine in _imports(where):
        waits = {name for name, state in machine.states.items() if _is_wait(state)}
        verifying = machine.calling(str(where.context.verification), kind="Task")
        if machine.imports & machine.reached(verifying, without=waits):
            yield f"{machine.name} imports lists without an approval: write {WAITING_STATE} before the import."
        for name in waits:
            place, caught = f"The state {name} of {machine.name}", machine.states[name].get("Catch", [])
            close = _first_of(machine.closes)
            if "TimeoutSeconds" not in machine.states[name]:
                yield f"{place} may wait for a year: write its TimeoutSeconds."
            for catcher in caught:
                if catcher["ErrorEquals"] != _DECIDED and not _leads(machine, catcher["Next"], machine.closes):
                    yield f"{place} imports a list after {', '.join(catcher['ErrorEquals'])}: go to {close}."


def _is_wait(state: State) -> bool:
    """Return whether a state stores its token in the record of a list that waits, and waits for the token."""
    parameters = state.get("Parameters", {})
    waits = state.get("Resource", "").endswith(":dynamodb:updateItem.waitForTaskToken")
    return waits and parameters.get("UpdateExpression") == _STORES and parameters.get("ConditionExpression") == _WAITS


def outcomes_are_published(where: Repository) -> Iterator[str]:
    """The outcome of every list is published, and a failed list fails its execution, which sets off an alarm."""
    for machine in _imports(where):
        publishes = {name for name, state in machine.states.items() if ":sns:publish" in state.get("Resource", "")}
        registered = {choice["Next"] for choice in _choices(machine) if choice.get("StringEquals") == "REGISTERED"}
        marks = {name for name, state in machine.states.items() if _IMPORTED in json.dumps(state)}
        for name in machine.closes | marks | registered:
            ways = [machine.states[way] for way in machine.reached([name], without=publishes) & machine.states.keys()]
            if any(way.get("End") or way["Type"] in ("Succeed", "Fail") for way in ways):
                yield f"A list may end after {name} of {machine.name} without its event: publish the event first."
        for name in publishes & machine.reached(registered, without=machine.closes | marks):
            yield f"The state {name} of {machine.name} publishes no outcome: first close or import the list."
        fails = {name for name, state in machine.states.items() if state["Type"] == "Fail"}
        failed = {choice["Next"] for choice in _choices(machine) if choice.get("StringEquals") == "FAILED"}
        if not fails & failed & machine.reached(machine.closes):
            yield f"{machine.name} succeeds for a failed list: let the outcome FAILED lead to a Fail."


def _choices(machine: _Import) -> list[State]:
    return [choice for state in machine.states.values() for choice in state.get("Choices", [])]


def imported_lists_are_complete(where: Repository) -> Iterator[str]:
    """A list is imported only if all its parts are imported and no refusal undoes it; its event has its own counts."""
    for machine in _imports(where):
        marking = [name for name, state in machine.states.items() if _IMPORTED in json.dumps(state)]
        if not set(marking) & machine.reached(machine.imports):
            yield f"{machine.name} marks no list as imported: write the state MarkImported after the import."
        for name in marking:
            yield from (f"The state {name} of {machine.name} {fault}" for fault in _marks(machine.states[name]))


def _marks(state: State) -> Iterator[str]:
    parameters = state.get("Parameters", {})
    condition = parameters.get("ConditionExpression", "")
    for needed in _CONDITIONS:
        if needed not in condition or " OR " in condition:
            yield f"marks a list that is not complete: write the condition {' AND '.join(_CONDITIONS)}."
    if "#status = :imported" not in parameters.get("UpdateExpression", ""):
        yield "does not mark the list: write SET #status = :imported."
    for value, status in _STATUSES.items():
        if parameters.get("ExpressionAttributeValues", {}).get(value) != status:
            yield f"writes or expects another status: write {value} as {json.dumps(status)}."
    data: Mapping[str, Any] = state.get("ResultSelector", {}).get("data", {})
    for member, attribute in _FACTS.items():
        if data and f"$.Attributes.{attribute}." not in str(data.get(f"{member}.$")):
            yield f"publishes another fact as {member}: write the attribute {attribute} of the list's record."


def repeated_announcements_do_nothing(where: Repository) -> Iterator[str]:
    """An announcement of a list that another execution imports does nothing, and undoes nothing."""
    for machine in _imports(where):
        for name, state in machine.states.items():
            targets_of = {choice.get("StringEquals"): choice["Next"] for choice in state.get("Choices", [])}
            for outcome in _NOTHING if "REGISTERED" in targets_of else ():
                ways = machine.reached([targets_of.get(outcome, state.get("Default", name))])
                if any(machine.states[way]["Type"] in _CALLS for way in ways & machine.states.keys()):
                    yield f"{name} of {machine.name} goes on after {outcome}: let this outcome lead to a Succeed."


def throttled_calls_wait(where: Repository) -> Iterator[str]:
    """A throttled function or table delays a list, and does not end it."""
    for place, state, _ in states(where):
        if ":lambda:" in state.get("Resource", ""):
            for error in _THROTTLED:
                if waited(state, error) < OUTAGE_SECONDS:
                    yield f"{place} gives up on {error}: copy the first retrier of ValidateList."


def executions_end(where: Repository) -> Iterator[str]:
    """Every execution ends, and a call that still runs is not repeated."""
    timeouts = {str(node.inputs["name"]): float(node.inputs["timeout"]) for node in where.graph.of("lambda/function")}
    for node in where.graph.of("sfn/stateMachine"):
        if "TimeoutSeconds" not in node.document("definition"):
            yield f'The workflow {node.name} may run for a year: write its "TimeoutSeconds".'
    for place, state, _ in states(where):
        name = str(state.get("Parameters", {}).get("FunctionName", "")).partition(":function:")[2].partition(":")[0]
        if name in timeouts and not timeouts[name] < state.get("TimeoutSeconds", 0):
            yield f"{place} repeats calls that still run: write a TimeoutSeconds above {timeouts[name]:.0f}."


CHECKS: tuple[Check, ...] = (
    parts_run_to_their_ends,
    checks_tolerate_no_failure,
    maps_keep_the_state_small,
    maps_read_again,
    maps_limit_their_children,
    failures_are_undone,
    only_verified_lists_are_imported,
    approvals_are_awaited,
    outcomes_are_published,
    imported_lists_are_complete,
    repeated_announcements_do_nothing,
    throttled_calls_wait,
    executions_end,
)
