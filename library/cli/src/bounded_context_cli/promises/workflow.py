"""Promises about the workflow's states: their targets, their calls and their retries."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final

from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationNotFoundError, Shape, StructureShape

from ..programs.pulumi_files import nearest
from ..programs.requests import shape_of
from ..testing.requests.shapes import faults
from ._promise import Check, Repository

State = dict[str, Any]

LAMBDAS_OWN: Final = (
    "Lambda.AWSLambdaException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.SdkClientException",
    "Lambda.ServiceException",
)
"""Errors of the Lambda service (AWS Step Functions Developer Guide, "Handle transient Lambda service exceptions")."""

OUTAGE_SECONDS: Final = 600
"""The minimum time for which a task retries errors of the Lambda service, on average."""

_PATIENT: Final = {
    "IntervalSeconds": 2,
    "MaxAttempts": 30,
    "BackoffRate": 2,
    "MaxDelaySeconds": 60,
    "JitterStrategy": "FULL",
}
"""A retrier that waits 781 seconds on average and 1,562 seconds at most."""

_CALL: Final = re.compile(r"arn:[\w-]+:states:::(?:aws-sdk:)?([a-z0-9]+):(\w+)(?:\.\w+(?::2)?)?")
_SERVICES: Final = {"states": "stepfunctions", "sfn": "stepfunctions", "elasticmapreduce": "emr"}
"""The services whose names in botocore differ from the names in Step Functions."""

_NO_REQUEST: Final = ("apigateway:invoke", "eks:call", "eks:runJob")
"""Integrations that do not call the AWS API."""

_JSON: Final = ("Payload", "Message", "MessageBody", "Input", "Detail")
"""Texts and bytes that a state may contain as JSON. Step Functions converts them to text."""

ALL: Final = "States.ALL"
_TYPES: Final = ("Choice", "Fail", "Map", "Parallel", "Pass", "Succeed", "Task", "Wait")


def states_follow_one_another(where: Repository) -> Iterator[str]:
    """Every state of the workflow has a type, and leads to an existing state."""
    for machine in where.graph.of("sfn/stateMachine"):
        yield from (
            f"{where.line_of_workflow(name)}{sentence.format(machine.name)}"
            for sentence, name in _faults(machine.document("definition"))
        )


def _faults(definition: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a sentence for each state without a type, and each target that does not exist, with the faulty name."""
    for node in _definitions(definition):
        start, known = str(node.get("StartAt")), node["States"]
        if start not in known:
            yield f"{{}} starts at {start}, which is not a state: write {nearest(start, known) or 'its name'}.", start
    missing: dict[tuple[str, str], list[str]] = {}
    for name, state, known in _within(definition):
        place = f"The state {name} of {{}}"
        if state.get("Type") not in _TYPES:
            fault = f"has the Type {state['Type']}" if "Type" in state else "has no Type"
            near = nearest(str(state.get("Type")), _TYPES) or " or ".join(_TYPES)
            yield f"{place} {fault}: write {near}.", name
        handlers = [handler for key in ("Retry", "Catch") for handler in state.get(key, ())]
        if any("ErrorEquals" not in handler for handler in handlers):
            yield f"{place} has a Retry or a Catch without ErrorEquals: write it.", name
        if any("Next" not in choice for choice in [*state.get("Choices", ()), *state.get("Catch", ())]):
            yield f"{place} has a choice or a Catch without Next: write it.", name
        for target in set(targets(state)) - known:
            missing.setdefault((target, nearest(target, known) or "its name"), []).append(name)
    for (target, near), names in sorted(missing.items()):
        states, verb = ("states", "go") if names[1:] else ("state", "goes")
        place = f"The {states} {' and '.join(names)} of {{}} {verb} to {target}"
        yield f"{place}, which is not a state: write {near}.", target


def machines(where: Repository) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the name and the definition of each machine. `states_follow_one_another` reports the faults of others."""
    for node in where.graph.of("sfn/stateMachine"):
        if not any(_faults(definition := node.document("definition"))):
            yield node.name, definition


def state_names_are_unique(where: Repository) -> Iterator[str]:
    """AWS accepts the names of the workflow's states: each is unique in the whole definition, also inside of maps.

    Amazon States Language, "States".
    """
    for machine in where.graph.of("sfn/stateMachine"):
        for name, number in repeated_states(machine.inputs["definition"]):
            yield f"{machine.name} has {number} states {name}: give each a name of its own."


def repeated_states(definition: str) -> Iterator[tuple[str, int]]:
    """Return each name that several states of a definition have, also twice in the same object, with their number."""
    numbers = Counter[str]()
    json.loads(definition, object_pairs_hook=partial(_count_states, numbers))
    return ((name, number) for name, number in numbers.items() if number > 1)


def _count_states(numbers: Counter[str], members: list[tuple[str, Any]]) -> list[str]:
    """Count the names of the states in an object, and return the names of its members."""
    numbers.update(name for key, names in members if key == "States" and isinstance(names, list) for name in names)
    return [name for name, _ in members]


def tasks_are_tried_again(where: Repository) -> Iterator[str]:
    """Every task of the workflow is retried, so that a transient fault ends no list."""
    for place, state, _ in states(where):
        if state["Type"] == "Task" and not state.get("Retry"):
            yield f"{place} is tried once: give it a Retry."


def outages_of_lambda_are_outlasted(where: Repository) -> Iterator[str]:
    """An outage of Lambda ends no list: every task that calls a function retries service errors for 10 minutes."""
    for place, state, _ in states(where):
        if ":lambda:" not in state.get("Resource", ""):
            continue
        waits = {error: waited(state, error) for error in LAMBDAS_OWN}
        if early := {error: waited for error, waited in waits.items() if waited < OUTAGE_SECONDS}:
            retrier = json.dumps({"ErrorEquals": list(early), **_PATIENT})
            yield (
                f"{place} gives up on {', '.join(early)} after {min(early.values()):.0f} of {OUTAGE_SECONDS} seconds: "
                f"write {retrier} into its Retry, before {ALL}."
            )


def waited(state: State, error: str) -> float:
    """Return the average total wait of a task after an error, in seconds. Stops counting at `OUTAGE_SECONDS`."""
    matching = (
        candidate
        for candidate in state.get("Retry", [])
        if {error, ALL, "States.TaskFailed"} & set(candidate["ErrorEquals"])
    )
    retrier = next(matching, {"MaxAttempts": 0})
    # With full jitter a wait is uniformly distributed between 0 and the delay.
    share = 0.5 if retrier.get("JitterStrategy") == "FULL" else 1
    waited, delay, most = 0.0, retrier.get("IntervalSeconds", 1), retrier.get("MaxDelaySeconds", OUTAGE_SECONDS * 2)
    for _ in range(retrier.get("MaxAttempts", 3)):
        waited += share * min(delay, most)
        if waited >= OUTAGE_SECONDS:
            break
        delay = min(delay, most) * retrier.get("BackoffRate", 2)
    return waited


def catch_alls_come_last(where: Repository) -> Iterator[str]:
    """Every error reaches its own retrier and catcher: `States.ALL` is the last entry, and alone in its entry."""
    for place, state, _ in states(where):
        for name, words in (("Retry", "retriers"), ("Catch", "catchers")):
            listed = [handler["ErrorEquals"] for handler in state.get(name, [])]
            for number, errors in enumerate(listed, 1):
                if ALL in errors and number < len(listed):
                    yield f"{place} has {ALL} in number {number} of its {len(listed)} {words}: write it last."
                if ALL in errors and len(errors) > 1:
                    yield f"{place} has {ALL} beside other errors in one of its {words}: write {ALL} alone."


def calls_are_well_formed(where: Repository) -> Iterator[str]:
    """AWS accepts every call of the workflow: its parameters match the names and types of the call's model."""
    for place, state, _ in states(where):
        resource = _CALL.fullmatch(state.get("Resource", ""))
        if resource and f"{resource[1]}:{resource[2]}" not in _NO_REQUEST:
            parameters = state.get("Parameters", state.get("Arguments", {}))
            yield from (f"{place}: {finding}" for finding in _of_request(resource[1], resource[2], parameters))


def _of_request(service: str, call: str, parameters: Any) -> Iterator[str]:
    operation = call[0].upper() + call[1:]
    try:
        shape = shape_of(_SERVICES.get(service, service), operation)
    except UnknownServiceError:
        return  # an integration without a service, such as http
    except OperationNotFoundError:
        yield f"{service} has no {call}: write the name of a call."
        return
    yield from (f"{operation}{finding}" for finding in _of_call(shape, parameters, ""))


def _of_call(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if _computed(value):
        return
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        yield from _of_structure(shape, value, path)
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for name, member in _members(value):
            yield from _of_call(shape.value, member, f"{path}.{name}")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for number, member in enumerate(value):
            yield from _of_call(shape.member, member, f"{path}[{number}]")
    elif not (isinstance(value, Mapping) and path.rpartition(".")[2] in _JSON):
        yield from (f"'s {fault}: correct it." for fault in faults(shape, value, path))


def _of_structure(shape: StructureShape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    below = f"{path}." if path else ""
    # In Step Functions every name begins with a capital letter, unlike in some APIs.
    members = {name[0].upper() + name[1:]: member for name, member in shape.members.items()}
    required = {name[0].upper() + name[1:] for name in shape.required_members}
    for name, member_value in _members(value):
        if name in members:
            yield from _of_call(members[name], member_value, f"{below}{name}")
        else:
            near = nearest(name, members) or " or ".join(sorted(members))
            yield f" has no {below}{name}: write {near}."
    names = {name for name, _ in _members(value)}
    yield from (f" needs {below}{name}: write it." for name in sorted(required - names))


def _members(value: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each member's name and value. The value of a computed member is the text `{%`."""
    for name, member in value.items():
        yield (name.removesuffix(".$"), "{%" if name.endswith(".$") else member)


def _computed(value: Any) -> bool:
    return isinstance(value, str) and value.startswith("{%")


def calls_are_permitted(where: Repository) -> Iterator[str]:
    """The workflow's role permits every call of the workflow."""
    for machine in where.graph.of("sfn/stateMachine"):
        granted = {
            action
            for node, statement in where.graph.statements("iam/rolePolicy")
            if machine.inputs["roleArn"].endswith(f"/{node.inputs['role']}")
            for action in statement["Action"]
        }
        definition = json.dumps(machine.document("definition"))
        for service, call in set(re.findall(r'"arn:aws[a-z-]*:states:::(?:aws-sdk:)?([a-z0-9]+):(\w+)', definition)):
            action = f"{service}:{'InvokeFunction' if service == 'lambda' else call[0].upper() + call[1:]}"
            if action not in granted:
                yield f"The workflow {machine.name} calls {action}, which its role may not: grant it."


def states(where: Repository) -> Iterator[tuple[str, State, set[str]]]:
    """Yield every state of every machine: its place in a sentence, the state, and the names of its possible targets."""
    for machine, definition in machines(where):
        for name, state, known in _within(definition):
            yield f"The state {name} of {machine}", state, known


def _within(node: Any) -> Iterator[tuple[str, State, set[str]]]:
    """Yield every state with its name and the names of its possible targets, including states inside of maps."""
    for definition in _definitions(node):
        for name, state in definition["States"].items():
            yield name, state, set(definition["States"])


def _definitions(node: Any) -> Iterator[dict[str, Any]]:
    """Yield a definition, and those inside of its maps."""
    if isinstance(node, dict) and "States" in node:
        yield node
    for value in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _definitions(value)


def targets(state: State) -> Iterator[str]:
    """Yield the names of the states that may follow a state: next, by outcome, by default and after an error."""
    yield from (state[key] for key in ("Next", "Default") if key in state)
    for choice in [*state.get("Choices", []), *state.get("Catch", [])]:
        yield from (choice[key] for key in ("Next",) if key in choice)


CHECKS: tuple[Check, ...] = (
    states_follow_one_another,
    state_names_are_unique,
    tasks_are_tried_again,
    outages_of_lambda_are_outlasted,
    catch_alls_come_last,
    calls_are_well_formed,
    calls_are_permitted,
)
