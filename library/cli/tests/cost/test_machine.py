"""The states of a list's execution: the shortest way without failures, and the detours to maps."""

import json
from itertools import pairwise
from typing import Any

import pytest

from bounded_context_cli.programs.recording import Graph
from bounded_context_cli.views.cost import functions as counted
from bounded_context_cli.views.cost.flow import Flow
from bounded_context_cli.views.cost.functions import Machine
from tests.infra.graph import CONTEXT

from .workflows import PARTS, RANGES, with_ranges, without_map

IMPORT = "import"
CHECK = "check"


def _child(function: str, *others: str) -> dict[str, Any]:
    names = ["Do", *others]
    states: dict[str, Any] = {name: {"Type": "Task", "Next": following} for name, following in pairwise(names)}
    states[names[-1]] = {"Type": "Task", "End": True}
    states["Do"]["Resource"] = f"{function}:live"
    return {"StartAt": "Do", "States": states}


def workflow(**others: Any) -> dict[str, Any]:
    """A workflow with a check, a choice and an import; `others` are further states, or states in place of these."""
    states = {
        "Ask": {"Type": "Task", "Next": "Check", "Catch": [{"Next": "Undo"}]},
        "Check": {"Type": "Task", "Resource": f"{CHECK}:live", "Next": "Is"},
        "Is": {"Type": "Choice", "Choices": [{"Next": "Each"}, {"Next": "Apart"}], "Default": "Nothing"},
        "Nothing": {"Type": "Succeed"},
        "Each": {"Type": "Map", "MaxConcurrency": 3, "ItemProcessor": _child(IMPORT, "Say"), "Next": "End"},
        "Undo": {"Type": "Map", "MaxConcurrency": 5, "ItemProcessor": _child(IMPORT), "Next": "Check"},
        "End": {"Type": "Pass", "End": True},
    }
    return {"StartAt": "Ask", "States": states | others}


APART = {"Type": "Map", "MaxConcurrency": 7, "ItemProcessor": _child(CHECK), "Next": "Check"}


def test_a_way_without_failures_is_counted() -> None:
    """Each state once, and the start. A catch, and a choice of a state that does not exist, lead to no state."""
    machine = Machine(workflow(), IMPORT)
    assert (machine.transitions, machine.transitions_a_child(IMPORT), machine.at_once) == (6, 3, 3)
    assert (machine.calls(CHECK), machine.lanes(CHECK), machine.transitions_a_child(CHECK)) == (1, None, 0)


def test_a_detour_to_a_map_enters_the_states_before_it_again() -> None:
    """The map, the check and the choice are added to the way."""
    machine = Machine(workflow(Apart=APART), IMPORT)
    assert machine.transitions == Machine(workflow(), IMPORT).transitions + 3
    assert (machine.calls(CHECK), machine.lanes(CHECK), machine.transitions_a_child(CHECK)) == (2, 7, 2)
    assert (machine.lanes(IMPORT), machine.transitions_a_child(IMPORT)) == (3, 3)


def test_a_detour_of_several_states_is_counted() -> None:
    first = {"Type": "Pass", "Next": "Parts"}
    last = {"Type": "Pass", "Next": "Is"}
    states = {"Apart": first, "Parts": APART | {"Next": "Last"}, "Last": last}
    assert Machine(workflow(**states), IMPORT).transitions == Machine(workflow(), IMPORT).transitions + 4


@pytest.mark.parametrize(
    "other",
    [
        {"Type": "Wait", "Next": "Check"},
        {**APART, "Next": "End"},
        {**APART, "Next": "Nothing"},
    ],
    ids=["a loop without a map", "a map that leads past the import", "a map that leads to another end"],
)
def test_another_way_is_no_detour(other: dict[str, Any]) -> None:
    assert Machine(workflow(Apart=other), IMPORT).transitions == Machine(workflow(), IMPORT).transitions


def test_a_planted_fault_is_detected(monkeypatch: pytest.MonkeyPatch) -> None:
    """A way without detours has the transitions of a list of one part."""
    monkeypatch.setattr(counted, "_with_detours", lambda _, way: iter(way))
    with pytest.raises(AssertionError):
        test_a_detour_to_a_map_enters_the_states_before_it_again()


def test_the_maps_of_the_workflow_are_on_the_way_of_a_large_list(dev: Graph) -> None:
    """Children validate ranges and verify parts. A call before them divides the list, and a call after them decides."""
    flow = Flow(CONTEXT, with_ranges(dev), 1)
    for name in ("validate_list", CONTEXT.verification_step):
        arn = flow.function(name).arn
        assert flow.machine.lanes(arn) == flow.machine.at_once
        assert (flow.machine.calls(arn), flow.machine.transitions_a_child(arn)) == (2, 2)


@pytest.mark.parametrize(("name", "function"), [(RANGES, "validate_list"), (PARTS, CONTEXT.verification_step)])
def test_without_a_map_a_function_is_called_once_for_a_list(dev: Graph, name: str, function: str) -> None:
    """The other map stays: three states fewer are entered."""
    before = Flow(CONTEXT, with_ranges(dev), 1)
    after = Flow(CONTEXT, without_map(with_ranges(dev), name), 1)
    arn = after.function(function).arn
    assert (after.machine.calls(arn), after.machine.lanes(arn)) == (1, None)
    assert before.machine.transitions - after.machine.transitions == 3


def test_the_children_are_executions_that_are_billed_by_transitions(dev: Graph) -> None:
    """An EXPRESS child would be billed by its duration."""
    machine = next(str(node.inputs["definition"]) for node in dev.of("sfn/stateMachine"))
    maps = [state for state in json.loads(machine)["States"].values() if state["Type"] == "Map"]
    assert maps
    assert {map_state["ItemProcessor"]["ProcessorConfig"]["ExecutionType"] for map_state in maps} == {"STANDARD"}
