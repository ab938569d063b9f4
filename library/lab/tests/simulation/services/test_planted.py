"""The comparison with moto finds faults that are planted into the simulated DynamoDB."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import Phase

from .dynamodb import reads, service, transactions, writes
from .expressions import conditions, updates
from .expressions.compiled import compiled
from .expressions.operands import ABSENT
from .generated import Call
from .library_calls import SEQUENCES
from .motos import as_resource, explore

Patch = pytest.MonkeyPatch

_KEY = {"Key": {"pk": "k-1"}}
_ITEM = {"pk": "k-1", "parts": 1, "tags": {"a"}}
_ABSENT = {"ConditionExpression": "reason <> :one", "ExpressionAttributeValues": {":one": 1}}
_READ_BACK = {"UpdateExpression": "SET parts = :two, version = parts", "ExpressionAttributeValues": {":two": 2}}
_EMPTY = {"UpdateExpression": "DELETE tags :a", "ExpressionAttributeValues": {":a": {"a"}}}
SHORT: list[Call] = [
    ("PutItem", {"Item": _ITEM}),
    ("PutItem", {"Item": {"pk": "k-2"}, **_ABSENT}),
    ("UpdateItem", {**_KEY, **_READ_BACK}),
    ("UpdateItem", {**_KEY, **_EMPTY}),
    ("PutItem", {"Item": {"pk": "k-2", "parts": 1}}),
    ("PutItem", {"Item": {"pk": "k-2"}}),
]
"""Requests for the operators that the library does not use."""


@pytest.fixture(autouse=True)
def _parsed_again() -> Iterator[None]:
    """Parse expressions with the fault, and without it afterwards."""
    compiled.cache_clear()
    yield
    compiled.cache_clear()


def _absent_equals(patch: Patch) -> None:
    patch.setitem(conditions._COMPARISONS, "=", lambda first, other: first is ABSENT or first == other)


def _absent_is_not_unequal(patch: Patch) -> None:
    patch.setitem(conditions._COMPARISONS, "<>", lambda first, other: first is not ABSENT and first != other)


def _add_replaces(patch: Patch) -> None:
    patch.setitem(updates._CLAUSES, "ADD", updates._changed(lambda _, by: by))


def _delete_leaves_an_empty_set(patch: Patch) -> None:
    deleted = updates._changed(lambda old, by: old if old is ABSENT else old - by)
    patch.setitem(updates._CLAUSES, "DELETE", deleted)


def _operands_see_the_update(patch: Patch) -> None:
    def updated(item: Mapping[str, Any], actions: Any, names: Any, values: Any) -> dict[str, Any]:
        new = dict(item)
        for steps, operand in actions:
            updates._assign(new, updates.resolved(steps, names), operand(new, names, values))
        return new

    patch.setattr(updates, "_updated", updated)


def _put_merges(patch: Patch) -> None:
    def put(store: Any, request: Any) -> writes.Planned:
        plan = planned(store, request)
        return plan._replace(new={**(plan.old or {}), **request["Item"]})

    planned = writes.PLANS["Put"]
    patch.setitem(writes.PLANS, "Put", put)


def _delete_without_condition(patch: Patch) -> None:
    def delete(store: Any, request: Any) -> writes.Planned:
        key = request["Key"]["pk"]
        return writes.Planned(key, store.items.get(key), None)

    patch.setitem(writes.PLANS, "Delete", delete)


def _transaction_in_part(patch: Patch) -> None:
    def decided(store: Any, kind: str, request: Any) -> Any:
        plan, reason = planned(store, kind, request)
        if plan is not None:
            store.commit(plan.key, plan.new)
        return plan, reason

    planned = transactions._decided
    patch.setattr(transactions, "_decided", decided)


def _transaction_reasons_out_of_order(patch: Patch) -> None:
    cancelled = transactions._cancelled
    patch.setattr(transactions, "_cancelled", lambda reasons: cancelled(reasons[::-1]))


def _old_is_new(patch: Patch) -> None:
    answer = writes._answer
    patch.setattr(writes, "_answer", lambda returned, plan: answer(returned, plan._replace(old=plan.new)))


def _failed_conditions_hide_the_item(patch: Patch) -> None:
    patch.setattr(writes, "typed_item", lambda _: {})


def _projection_of_everything(patch: Patch) -> None:
    patch.setattr(reads, "_projection", lambda _: dict)


def _query_from_the_start(patch: Patch) -> None:
    def query(store: Any, request: Mapping[str, Any]) -> Any:
        return original(store, {name: value for name, value in request.items() if name != "ExclusiveStartKey"})

    original = reads.query
    patch.setitem(service._READS, "Query", query)


FAULTS: tuple[Callable[[Patch], None], ...] = (
    _absent_equals,
    _absent_is_not_unequal,
    _add_replaces,
    _delete_leaves_an_empty_set,
    _operands_see_the_update,
    _put_merges,
    _delete_without_condition,
    _transaction_in_part,
    _transaction_reasons_out_of_order,
    _old_is_new,
    _failed_conditions_hide_the_item,
    _projection_of_everything,
    _query_from_the_start,
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
def test_a_planted_fault_is_detected(fault: Callable[[Patch], None], moto: Any, monkeypatch: Patch):
    """The library's requests and a short sequence detect each fault."""
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        for calls in (*SEQUENCES.values(), SHORT):
            as_resource(calls, moto)


@pytest.mark.e2e
@pytest.mark.nightly
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__.strip("_"))
def test_random_requests_find_a_planted_fault(fault: Callable[[Patch], None], moto: Any, monkeypatch: Patch):
    """A fifth of the nightly examples suffices."""
    fault(monkeypatch)
    with pytest.raises(AssertionError):
        explore(as_resource, moto, 2000, phases=[Phase.generate], report_multiple_bugs=False)
