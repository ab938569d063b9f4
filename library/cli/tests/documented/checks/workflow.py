"""Checks of state machines: their definitions, aliases and roles."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from bounded_context_cli.programs.recording import Graph, Node

from .policies import as_list, statements
from .register import check

State = Mapping[str, Any]
_YEAR = 31_536_000


def _states(document: State) -> Iterator[tuple[str, State]]:
    """Yield all states of a definition with their names, also those of maps and of parallel states."""
    for name, state in document["States"].items():
        yield name, state
        inner = [state[key] for key in ("ItemProcessor", "Iterator") if key in state]
        for below in [*inner, *state.get("Branches", ())]:
            yield from _states(below)


def _machines(graph: Graph) -> Iterator[tuple[Node, State]]:
    return ((node, node.document("definition")) for node in graph.of("sfn/stateMachine"))


def _each_state(graph: Graph) -> Iterator[tuple[str, State]]:
    for _, document in _machines(graph):
        yield from _states(document)


@check("stepfunctions-alias-weights")
def _weights(graph: Graph) -> Iterator[str]:
    for node in graph.of("sfn/alias"):
        if sum(route["weight"] for route in node.inputs["routingConfigurations"]) != 100:
            yield node.name


@check("stepfunctions-state-names")
def _names(graph: Graph) -> Iterator[str]:
    for _, document in _machines(graph):
        numbers = Counter(name for name, _ in _states(document))
        yield from (name for name, number in numbers.items() if number > 1 or len(name) > 80)


@check("stepfunctions-retriers")
def _retriers(graph: Graph) -> Iterator[str]:
    return (name for name, state in _each_state(graph) if not all(map(_is_retrier, state.get("Retry", ()))))


def _is_retrier(retrier: State) -> bool:
    interval = retrier.get("IntervalSeconds", 1)
    delay = retrier.get("MaxDelaySeconds", interval + 1)
    attempts, rate = retrier.get("MaxAttempts", 3), retrier.get("BackoffRate", 2)
    return 1 <= interval < delay < 31_622_400 and 0 <= attempts <= 99_999_999 and rate >= 1


@check("stepfunctions-catch-all")
def _catch_alls(graph: Graph) -> Iterator[str]:
    for name, state in _each_state(graph):
        for listed in (state.get("Retry", []), state.get("Catch", [])):
            errors = [handler["ErrorEquals"] for handler in listed]
            if any("States.ALL" in names and (len(names) > 1 or names is not errors[-1]) for names in errors):
                yield name


def _maps(graph: Graph) -> Iterator[tuple[str, State]]:
    return ((name, state) for name, state in _each_state(graph) if state["Type"] == "Map")


@check("stepfunctions-tolerance")
def _tolerances(graph: Graph) -> Iterator[str]:
    return (name for name, state in _maps(graph) if not 0 <= state.get("ToleratedFailurePercentage", 0) <= 100)


@check("stepfunctions-map-concurrency")
def _concurrency(graph: Graph) -> Iterator[str]:
    return (name for name, state in _maps(graph) if state.get("MaxConcurrency", 0) > 10_000)


@check("stepfunctions-children")
def _children(graph: Graph) -> Iterator[str]:
    for name, state in _maps(graph):
        processor = state["ItemProcessor"].get("ProcessorConfig", {})
        if processor.get("Mode") == "DISTRIBUTED" and processor.get("ExecutionType") not in ("STANDARD", "EXPRESS"):
            yield name


@check("stepfunctions-timeouts")
def _timeouts(graph: Graph) -> Iterator[str]:
    for name, state in _each_state(graph):
        timeout = state.get("TimeoutSeconds", 99_999_999)
        if not 0 < state.get("HeartbeatSeconds", 1) < timeout <= 99_999_999:
            yield name
    for node, document in _machines(graph):
        if document.get("TimeoutSeconds", 1) > _YEAR:
            yield node.name


@check("stepfunctions-history")
def _histories(graph: Graph) -> Iterator[str]:
    for node, document in _machines(graph):
        # A state is entered twice at most: once before a map over its parts, and once after it.
        if 2 * sum(map(_events, document["States"].values())) > 25_000:
            yield node.name


def _events(state: State) -> int:
    """Return the most events of a state: entered, exited, and up to six for each attempt."""
    return 2 + 6 * (1 + sum(retrier.get("MaxAttempts", 3) for retrier in state.get("Retry", ())))


@check("stepfunctions-map-permission")
def _permissions(graph: Graph) -> Iterator[str]:
    needed = {"states:StartExecution", "states:DescribeExecution", "states:StopExecution"}
    for node, document in _machines(graph):
        maps = [state for _, state in _states(document) if state["Type"] == "Map"]
        distributed = any(
            map_state["ItemProcessor"].get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED" for map_state in maps
        )
        if distributed and needed - _allowed(graph, node):
            yield node.name


def _allowed(graph: Graph, machine: Node) -> set[str]:
    """Return the actions that the role of a state machine may call on the machine and its executions."""
    role = machine.inputs["roleArn"].rpartition("/")[2]
    policies = [node.inputs["policy"] for node in graph.of("iam/rolePolicy") if node.inputs["role"] == role]
    own_statements = [
        statement
        for policy in policies
        for statement in statements(policy)
        if machine.called in str(statement["Resource"])
    ]
    return {action for statement in own_statements for action in as_list(statement["Action"])}
