"""Two versions of one context, one with a field more: what either stores, stages or remembers, the other reads."""

import itertools
import json
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydynox import DynamoDBClient

from bounded_context import Amount, Context, Text, WholeNumber
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.dynamodb_bulk import ImportedAggregateTable
from bounded_context.adapters.items import CHANGED_AT, CREATED_AT, ETAG, SCHEMA, TRACEPARENT, Items
from bounded_context.application.staging import VERIFIED, Part, Staging
from bounded_context.application.verification import CreatingRule
from bounded_context.handlers import command_handler
from bounded_context.handlers.steps import ErrorEvent, PartEvent, RegisterEvent, StepEvent
from bounded_context.lists import Fault, ListImport, Rejection, Upload
from bounded_context.testing import InMemory, InMemorySeenIds, Samples
from bounded_context.testing.functions import KEY, TABLE
from tests.adapters.endpoints import inserts
from tests.handlers.conftest import LambdaContext
from tests.handlers.requests import IAM
from tests.things import Stage, context_of, make, move_thing

BEFORE = context_of({"size": (WholeNumber, ...)})
AFTER = context_of(
    {
        "size": (WholeNumber, ...),
        "note": (Text | None, None),
        "fee": (Amount, Decimal("1.50")),
        "due": (WholeNumber | None, None),
    }
)
NAMES = {BEFORE: "before", AFTER: "after"}

either_way = pytest.mark.parametrize(
    ("version", "other"), [(BEFORE, AFTER), (AFTER, BEFORE)], ids=["to the new version", "back to the old one"]
)


@dataclass
class Import:
    """One list's way, each of whose steps may run in either version."""

    table: Any

    def __post_init__(self) -> None:
        self.world = InMemory(BEFORE)

    def steps(self, context: Context[Any]) -> ListImport:
        """Return a version's steps, over what all versions have in common."""
        items, world = Items(context), self.world
        imported = ImportedAggregateTable(items, context.initial_status, DynamoDBClient(), inserts(), TABLE)
        return ListImport(context, world.lists, world.files, lambda: imported, InMemorySeenIds)

    def validated(self, context: Context[Any]) -> str:
        """Send thirty rows, one of them twice, which a version validates; return the list's id."""
        samples = Samples(context)
        rows = [samples.values(n) for n in range(30)]
        self.world.files.write(KEY, samples.file([*rows, rows[0]]))
        steps = self.steps(context)
        list_id = steps.register(Upload("inbox", KEY), "run", 10**6).list_id
        steps.validate(list_id, Fraction(1, 2), 10)
        return list_id

    def verified(self, context: Context[Any], list_id: str) -> list[Part]:
        """Let a version verify the list: one row is taken meanwhile, so that its part is written again."""
        aggregate = Samples(context).aggregate(5)
        AggregateTable(Items(context), self.table).add(aggregate)
        checks = [lambda rows, _: [rejection for row in rows for rejection in self._taken(row, aggregate.id)]]
        assert self.steps(context).verify(list_id, Fraction(1, 2), checks).outcome == "VERIFIED"
        return Staging(self.world.files, list_id).manifest(VERIFIED)

    @staticmethod
    def _taken(row: Any, identity: str) -> list[Any]:
        is_taken = row.values["thing_id"] == identity
        return [Rejection(row.line, "thing_id", "taken", Fault.EXISTS)] if is_taken else []


@pytest.mark.parametrize(
    "versions",
    list(itertools.product((BEFORE, AFTER), repeat=3)),
    ids=lambda them: "-".join(NAMES[context] for context in them),
)
def test_each_step_of_an_import_may_run_in_either_version(versions: tuple[Context[Any], ...], table: Any):
    """Nothing is lost of what the validating version knew, whoever carries it to the table."""
    validates, verifies, imports = versions
    way = Import(table)
    list_id = way.validated(validates)
    parts = way.verified(verifies, list_id)
    assert {way.steps(imports).import_part(list_id, part).outcome for part in parts} == {"IMPORTED"}
    things = AggregateTable(Items(AFTER), table)
    for n in (0, 1, 29):
        sample = Samples(AFTER).aggregate(n).details
        read = things.get(sample.id).details
        known = sample if validates is AFTER else AFTER.details.model_validate({"thing_id": sample.id, "size": n})
        assert read == known
    summed = way.world.lists.get(list_id).amounts
    assert summed == ({} if verifies is BEFORE else {"fee": {"NONE": _sum(validates)}})


def _sum(validates: Context[Any]) -> Decimal:
    imported = [n for n in range(30) if n != 5]
    fees = (n + Decimal("0.50") if validates is AFTER else Decimal("1.50") for n in imported)
    return sum(fees, Decimal(0))


@either_way
def test_a_part_of_another_version_is_undone(version: Context[Any], other: Context[Any], table: Any):
    """With all that its items hold, also what the undoing version does not know."""
    way = Import(table)
    list_id = way.validated(version)
    parts = way.verified(version, list_id)
    for part in parts:
        way.steps(version).import_part(list_id, part)
    way.steps(other).undo_part(list_id, parts[0])
    assert way.steps(other).compensate(list_id).status == "FAILED"
    assert [item["thing_id"] for item in table.scan()["Items"]] == ["id-000005"]


def test_a_check_of_a_step_finds_the_default_where_the_row_lacks_the_value(table: Any):
    """A team's own code needs not know of the version before."""
    way = Import(table)
    list_id = way.validated(BEFORE)
    seen: set[tuple[Any, ...]] = set()

    def check(rows: Sequence[Any], _list_id: str) -> list[Any]:
        seen.update((row.details.note, row.details.fee, row.details.due) for row in rows)
        return []

    way.steps(AFTER).verify(list_id, Fraction(1, 2), [check])
    assert seen == {(None, Decimal("1.50"), None)}


def _growing(context: Context[Any]) -> CreatingRule[Any, Any]:
    """A version's rule, which makes each thing larger by 100."""

    def grow(command: Any, things: Any) -> Any:
        details = context.details.of(command).model_copy(update={"size": command.size + 100})
        created = context.aggregate(details, context.initial_status)
        things.add(created)
        return created

    return CreatingRule(context, grow, InMemory(context).aggregates)


@pytest.mark.parametrize(
    "versions",
    list(itertools.product((BEFORE, AFTER), repeat=3)),
    ids=lambda them: "-".join(NAMES[context] for context in them),
)
def test_a_rule_changes_only_the_fields_of_its_version(versions: tuple[Context[Any], ...], table: Any):
    """What the validating version knew besides reaches the table."""
    validates, verifies, imports = versions
    way = Import(table)
    list_id = way.validated(validates)
    way.steps(verifies).verify(list_id, Fraction(1, 2), [_growing(verifies)])
    for part in Staging(way.world.files, list_id).manifest(VERIFIED):
        way.steps(imports).import_part(list_id, part)
    read = AggregateTable(Items(AFTER), table).get("id-000007").details
    known = AFTER.details.model_validate({"thing_id": "id-000007", "size": 7})
    sample = Samples(AFTER).aggregate(7).details if validates is AFTER else known
    assert read == sample.model_copy(update={"size": 107})


@pytest.mark.parametrize("note", ["a note", None])
def test_after_a_rollback_values_of_the_newer_version_are_kept(note: str | None, table: Any):
    """The older one changes what it knows, and leaves the rest: also what is an index's key, and a lack of a value."""
    before, after = (AggregateTable(Items(context), table) for context in (BEFORE, AFTER))
    details = AFTER.details.model_validate(
        {"thing_id": "t-1", "size": 5, "fee": "9.00"} | ({"note": note} if note else {})
    )
    after.add(AFTER.aggregate(details, Stage.MADE, list_id="l-1"))
    old = before.get("t-1")
    resized = replace(old, details=old.details.model_copy(update={"size": 6}))
    before.save(resized.moved_to(Stage.MOVED))
    expected = AFTER.aggregate(details.model_copy(update={"size": 6}), Stage.MOVED, 2, "l-1")
    assert after.get("t-1") == expected
    item = table.scan()["Items"][0]
    of_a_write = (TRACEPARENT, SCHEMA, ETAG, CREATED_AT, CHANGED_AT)
    content = {name: value for name, value in item.items() if name not in of_a_write}
    assert content == Items(AFTER).from_aggregate(expected)
    before.remove(before.get("t-1"))
    assert table.scan()["Items"] == []


def test_a_removed_value_is_deleted(table: Any):
    """None is no attribute, whatever was there; what is not its own stays."""
    things = AggregateTable(Items(AFTER), table)
    things.add(Samples(AFTER).aggregate(1, list_id="l-1"))
    table.update_item(
        Key={"pk": "THING#id-000001"}, UpdateExpression="SET more = :more", ExpressionAttributeValues={":more": 7}
    )
    stored = things.get("id-000001")
    cleared = replace(stored, details=stored.details.model_copy(update={"note": None, "due": None}), version=2)
    things.save(cleared)
    assert things.get("id-000001") == cleared
    [item] = table.scan()["Items"]
    assert "note" not in item
    assert "due" not in item
    assert item["more"] == 7


_NEW = itertools.count()


@pytest.mark.slow
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.booleans(), st.integers(1, 9), st.none() | st.just("a note")), max_size=6))
def test_versions_that_change_an_item_in_any_order_keep_newer_values(changes: list[Any], table: Any):
    """The last size stands, whoever said it, and the last note of the one that knows notes."""
    identity, size, note = f"t-{next(_NEW)}", 1, None
    before, after = (AggregateTable(Items(context), table) for context in (BEFORE, AFTER))
    after.add(AFTER.aggregate(AFTER.details.model_validate({"thing_id": identity, "size": size}), Stage.MADE))
    for is_newer, size, said in changes:
        things, note = (after, said) if is_newer else (before, note)
        stored = things.get(identity)
        details = stored.details.model_copy(update={"size": size} | ({"note": said} if is_newer else {}))
        things.save(replace(stored, details=details, version=stored.version + 1))
    read: Any = after.get(identity).details
    assert (read.size, read.note) == (size, note)


def test_steps_ignore_unknown_members_of_an_event():
    """An execution goes on in whichever version its steps meet."""
    part = {"part": 1, "key": "k", "rows": 10, "size": 7}
    assert PartEvent.model_validate({"list_id": "l", "more": 1, "part": part}).part == Part(1, "k", 10)
    assert ErrorEvent.model_validate({"list_id": "l", "more": 1, "part": part}).part == Part(1, "k", 10)
    assert StepEvent.model_validate({"list_id": "l", "more": 1}).list_id == "l"
    upload = {"bucket": "b", "key": "k", "more": 1}
    assert RegisterEvent.model_validate({"upload": upload, "execution": "run", "more": 1}).upload.key == "k"


def test_a_manifest_may_have_further_members():
    """Than this version knows."""
    world = InMemory(BEFORE)
    manifest = [{"part": 0, "key": "k", "rows": 10, "size": 7}]
    world.files.write(f"staging/l-1/{VERIFIED}", json.dumps(manifest).encode())
    assert Staging(world.files, "l-1").manifest(VERIFIED) == [Part(0, "k", 10)]


class Door:
    """Two versions of a function behind one alias, over one table."""

    def __init__(self, table: Any) -> None:
        self._table = table

    def _call(self, context: Context[Any], command: int, event: dict[str, Any]) -> dict[str, Any]:
        model, use_case = context.commands[command].model, (make(context), move_thing)[command]
        things = AggregateTable(Items(context), self._table)
        handler: Any = command_handler(context, model, use_case, lambda: things)
        return handler(event, LambdaContext())

    def message(self, context: Context[Any], command: int, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a message, always under one key."""
        return self._call(context, command, {"idempotency_key": "key", "payload": payload})

    def request(self, context: Context[Any], command: int, payload: dict[str, Any]) -> dict[str, Any]:
        """Send a request, always under one key."""
        path = "/things" if command == 0 else f"/things/{payload['thing_id']}/move"
        body = payload if command == 0 else {name: value for name, value in payload.items() if name != "thing_id"}
        event: dict[str, Any] = deepcopy(IAM)
        event["requestContext"]["http"] |= {"method": "POST", "path": path}
        event |= {"rawPath": path, "body": json.dumps(body), "isBase64Encoded": False}
        event["headers"] |= {"idempotency-key": "key", "content-type": "application/json"}
        return self._call(context, command, event)


@pytest.fixture
def door(function: None, table: Any) -> Door:
    return Door(table)


PAYLOAD = {"thing_id": "t-1", "size": 5}


@pytest.mark.parametrize("by", [Door.message, Door.request], ids=["message", "request"])
@either_way
def test_a_caller_that_tries_again_across_a_release_gets_the_same_answer(
    version: Context[Any], other: Context[Any], by: Any, door: Door
):
    """The field that is new has a default, which nobody wrote: it is the same command, and has one effect."""
    for command in (0, 1):
        first = by(door, version, command, PAYLOAD)
        assert first.get("ok", first.get("statusCode")) in (True, 200, 201)
        again = by(door, other, command, PAYLOAD)
        assert _told(again) == _told(first)


def _told(answer: dict[str, Any]) -> Any:
    return json.loads(answer["body"]) if "body" in answer else answer


@pytest.mark.parametrize("by", [Door.message, Door.request], ids=["message", "request"])
def test_another_command_under_the_same_key_is_refused_all_the_same(by: Any, door: Door):
    """Also if it differs in the new field alone."""
    by(door, AFTER, 0, PAYLOAD | {"note": "one"})
    assert "idempotency-key-reused" in json.dumps(by(door, AFTER, 0, PAYLOAD | {"note": "two"}))
    assert "idempotency-key-reused" in json.dumps(by(door, AFTER, 0, PAYLOAD))


@pytest.mark.parametrize("by", [Door.message, Door.request], ids=["message", "request"])
def test_an_unknown_member_is_rejected(by: Any, door: Door):
    """A typing error is none that a default may hide; nor does the version before drop what a caller says."""
    answer = json.dumps(by(door, AFTER, 0, PAYLOAD | {"note_": "x"}))
    assert "invalid" in answer
    assert "note_" in answer
    answer = json.dumps(by(door, BEFORE, 0, PAYLOAD | {"note": "x"}))
    assert "invalid" in answer
    assert "note" in answer
