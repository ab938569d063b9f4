"""Lists that wait for an approval keep their invariants in every schedule, and planted faults are detected."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import pytest

from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.application import importing
from bounded_context_infra.configuration import project

from . import approvals
from .judging import explore, judge
from .schedules import failing, search
from .world import _definition

Fault = Callable[[], Any]


@pytest.fixture(autouse=True)
def _own_definition(simulated: None) -> Iterator[None]:
    _definition.cache_clear()
    yield
    _definition.cache_clear()


@pytest.mark.parametrize("seeds", [range(30), pytest.param(range(30, 500), marks=pytest.mark.slow)], ids=str)
def test_every_invariant_holds_in_each_schedule(seeds: range) -> None:
    judge(next(failing(seeds, run=approvals.run), None))


@pytest.mark.nightly
@pytest.mark.e2e
def test_every_invariant_holds_in_many_schedules() -> None:
    explore("approvals", 20_000)


def test_lists_wait_are_approved_rejected_and_forgotten() -> None:
    """The schedules have each end."""
    outcomes = [approvals.run(seed) for seed in range(60)]
    calls = {name for outcome in outcomes for _, _, name, _ in outcome.trace}
    assert {"states.SendTaskSuccess", "states.SendTaskFailure"} <= calls
    assert {"IMPORTED", "REJECTED"} <= {status for outcome in outcomes for status in outcome.statuses}


@contextmanager
def _changed_definition(old: str, new: str) -> Iterator[None]:
    text = project._APPROVAL.read_text(encoding="utf-8")
    assert old in text
    original = project.original_workflow

    def changed(context: Any) -> str:
        return original(context).replace(old, new)

    _definition.cache_clear()
    with patch.object(project, "original_workflow", changed):
        yield


def _decide(**changes: Any) -> Any:
    decide = ListTable._conditional_update

    def without(self: ListTable, list_id: str, update: str, condition: str, *arguments: Any, **more: Any) -> Any:
        return decide(self, list_id, update, condition.replace(changes["old"], changes["new"]), *arguments, **more)

    return patch.object(ListTable, "_conditional_update", without)


FAULTS: dict[str, Fault] = {
    "a list is imported after the timeout": lambda: _changed_definition(
        '"Next": "NotApprovedInTime"', '"Next": "ImportList"'
    ),
    "no list waits": lambda: _changed_definition("attribute_exists(waits_since) AND", "attribute_exists(none) AND"),
    "every list waits": lambda: _changed_definition("attribute_exists(waits_since) AND ", ""),
    "a decided list waits": lambda: _changed_definition(" AND attribute_not_exists(decided_at)", ""),
    "the timeout is a technical failure": lambda: patch.object(importing, "NOT_APPROVED", "None"),
    "the second decision counts": lambda: _decide(old=" AND attribute_not_exists(decided_at)", new=""),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_detected(fault: str) -> None:
    with FAULTS[fault]():
        assert search(range(400), approvals.run) is not None
