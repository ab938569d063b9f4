"""The verification of a list's parts in parallel, and the decision about the list by their results."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context import Context
from bounded_context.application import results
from bounded_context.application.list_import import Outcome
from bounded_context.application.results import PartResult
from bounded_context.application.staging import VERIFIED, Staging
from bounded_context.domain.lists import ListStatus
from tests.application.world import World
from tests.contexts import CONTEXTS

ROWS = 60
PART_ROWS = 10


@pytest.fixture(params=CONTEXTS, ids=lambda context: context.name)
def world(request: pytest.FixtureRequest) -> World:
    """A world of each context."""
    return World(request.param)


def _validated(context: Context[Any], existing: frozenset[int], unread: frozenset[int]) -> tuple[World, str]:
    """A validated list of six parts, of which some rows exist, and some are no rows."""
    world = World(context)
    world.exists(*existing)
    rows = [world.bad(n) if n in unread else world.samples.values(n) for n in range(ROWS)]
    list_id = world.register(world.samples.file(rows)).list_id
    assert world.validate(list_id, PART_ROWS).outcome is Outcome.VALIDATED
    return world, list_id


def _decided(world: World, list_id: str) -> tuple[Any, ...]:
    """Return everything that the decision leaves: the record, the report, and the rows to import."""
    received = world.lists.get(list_id)
    rows = (
        [] if received.cancelled else [json.loads(world.files.read(part.key) or b"") for part in _parts(world, list_id)]
    )
    return received, world.report(), rows, [(part.part, part.rows) for part in _parts(world, list_id)]


def _parts(world: World, list_id: str) -> Any:
    return Staging(world.files, list_id, world.lists.get(list_id).verified).manifest(VERIFIED)


few = st.frozensets(st.integers(0, ROWS - 1), max_size=2)


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.name)
@given(existing=few, unread=st.frozensets(st.integers(0, ROWS - 1), max_size=1), tried=st.lists(st.integers(0, 5)))
def test_parts_verified_in_any_order_have_the_decision_of_one_call(
    context: Context[Any], existing: frozenset[int], unread: frozenset[int], tried: list[int]
) -> None:
    """Children verify some parts, some of them twice; the decision verifies the others."""
    alone, list_id = _validated(context, existing, unread)
    alone.verify(list_id)
    world, same = _validated(context, existing, unread)
    assert world.verify(same, Outcome.VALIDATED).outcome is Outcome.SPLIT
    parts = world.validated_parts(same)
    for number in tried:
        world.verify_part(same, parts[number])
    world.verify(same, Outcome.SPLIT)
    assert _decided(world, same) == _decided(alone, list_id)


def test_a_list_of_one_part_is_verified_by_one_call(world: World):
    list_id = world.register(world.samples.file(world.rows(PART_ROWS))).list_id
    world.validate(list_id, PART_ROWS)
    assert world.verify(list_id, Outcome.VALIDATED).outcome is Outcome.VERIFIED


def test_an_execution_of_an_earlier_release_verifies_all_parts_in_one_call(world: World):
    """Its definition has no map of parts, and names no outcome."""
    list_id = world.register(world.samples.file(world.rows(ROWS))).list_id
    world.validate(list_id, PART_ROWS)
    assert world.verify(list_id).outcome is Outcome.VERIFIED


def test_a_function_of_an_earlier_version_verifies_the_list_that_a_part_belongs_to(world: World):
    """During a release, some children call it: it ignores the part. The decision returns its answer."""
    list_id = world.register(world.samples.file(world.rows(ROWS))).list_id
    world.validate(list_id, PART_ROWS)
    first, second, *_ = world.validated_parts(list_id)
    world.verify_part(list_id, first)
    world.verify(list_id)
    decided = _decided(world, list_id)
    world.verify_part(list_id, second)
    assert world.verify(list_id, Outcome.SPLIT).outcome is Outcome.VERIFIED
    assert _decided(world, list_id) == decided


def test_the_decision_counts_the_result_of_each_part(world: World):
    """A planted result changes the decision: the decision does not verify the part again."""
    list_id = world.register(world.samples.file(world.rows(ROWS))).list_id
    world.validate(list_id, PART_ROWS)
    first, *_ = world.validated_parts(list_id)
    planted = PartResult(replace(first, rows=PART_ROWS - 1), "7,x,planted,rule,\r\n", 1, {"rule": 1})
    Staging(world.files, list_id, world.lists.get(list_id).staged).write_result(first, planted.as_json())
    world.verify(list_id, Outcome.SPLIT)
    received = world.lists.get(list_id)
    assert (received.rejected, received.valid, received.parts) == (1, ROWS - 1, 6)
    assert [(row["line"], row["code"]) for row in world.report()] == [("7", "rule")]


def test_a_late_child_changes_no_decided_list(world: World):
    """Step Functions lost its answer; the list is imported meanwhile, and its row exists."""
    list_id = world.register(world.samples.file(world.rows(ROWS))).list_id
    world.validate(list_id, PART_ROWS)
    world.verify(list_id, Outcome.SPLIT)
    before, objects = _decided(world, list_id), dict(world.files.objects)
    world.exists(3)
    world.verify_part(list_id, world.validated_parts(list_id)[0])
    assert (_decided(world, list_id), world.files.objects) == (before, objects)


def test_a_child_that_began_before_the_decision_has_no_effect_after_it(world: World):
    """Its result arrives last. A repetition of the decision returns the recorded answer."""
    list_id = world.register(world.samples.file(world.rows(ROWS))).list_id
    world.validate(list_id, PART_ROWS)
    part, staged = world.validated_parts(list_id)[0], world.lists.get(list_id).staged
    world.verify(list_id, Outcome.SPLIT)
    before = _decided(world, list_id)
    Staging(world.files, list_id, staged).write_result(part, PartResult(rejected={"exists": 10}).as_json())
    assert world.verify(list_id, Outcome.SPLIT).outcome is Outcome.VERIFIED
    assert _decided(world, list_id) == before


def test_a_list_that_is_being_undone_stores_no_result(world: World):
    list_id = world.register(world.samples.file(world.rows(ROWS))).list_id
    world.validate(list_id, PART_ROWS)
    part = world.validated_parts(list_id)[0]
    world.compensate(list_id)
    keys = set(world.files.objects)
    world.verify_part(list_id, part)
    assert (world.lists.get(list_id).status, set(world.files.objects)) == (ListStatus.FAILED, keys)


def test_the_report_of_many_parts_has_the_first_rejections_and_counts_all(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    """Each part reports as many as the whole list may."""
    monkeypatch.setattr(results, "REPORTED_REJECTIONS", 4)
    world.exists(*range(0, 30))
    list_id = world.register(world.samples.file(world.rows(ROWS))).list_id
    world.validate(list_id, PART_ROWS)
    for part in world.validated_parts(list_id):
        world.verify_part(list_id, part)
    world.verify(list_id, Outcome.SPLIT)
    world.compensate(list_id)
    lines = [row["line"] for row in world.report()]
    assert (lines[:4], world.lists.get(list_id).rejected) == (["2", "3", "4", "5"], 30)
    assert [row["reason"] for row in world.report()][4] == "and 26 more"


def test_a_result_of_another_version_is_read():
    """It may have members and faults that this version does not know."""
    part = {"part": 3, "key": "k", "rows": 2, "new": 1}
    stored = {
        "part": part,
        "lines": "",
        "rejections": 1,
        "rejected": {"novel": 1},
        "amounts": {"amount": {"EUR": "1.10"}},
    }
    result = PartResult.of(json.dumps({**stored, "more": 1}).encode())
    assert (result.part and result.part.rows, result.rejected) == (2, {"novel": 1})
    assert PartResult.of(result.as_json()) == result
