"""Concurrent executions: what a stack reserves, and how many batches of the stream run at a time."""

import pytest

from bounded_context_infra import SettingError

from .graph import CONTEXT, Graph, run

OTHER = "relay_events"


def _reserved(graph: Graph) -> dict[str, float]:
    functions = {node.name: node.inputs.get("reservedConcurrentExecutions") for node in graph.of("lambda/function")}
    return {name: number for name, number in functions.items() if number is not None}


def test_concurrency_is_reserved_only_by_the_settings(prod: Graph) -> None:
    """A reservation takes executions from every other function of the account."""
    assert _reserved(prod) == {}


def test_a_function_has_the_executions_that_the_stack_reserves_for_it() -> None:
    """Any function, by its name in code."""
    command = CONTEXT.command_functions[0]
    graph = run("prod", reserved_concurrency={command: 5, OTHER: 20})
    assert _reserved(graph) == {command.replace("_", "-"): 5, "relay-events": 20}


def test_a_function_that_the_stack_does_not_have_is_refused() -> None:
    """The error lists the stack's functions."""
    with pytest.raises(SettingError, match=rf"'nothing'.*\b{OTHER}\b") as refused:
        run("prod", reserved_concurrency={"nothing": 1})
    assert refused.value.setting == "reserved_concurrency"


@pytest.mark.parametrize("factor", [1, 10])
def test_each_reader_of_the_stream_reads_a_fixed_number_of_batches_of_a_shard_at_a_time(factor: int) -> None:
    """In an account with few executions, one."""
    graph = run("prod", stream_parallelization_factor=factor)
    assert {node.inputs["parallelizationFactor"] for node in graph.stream_readers()} == {factor}
