"""The children of aggregates in repairs: a restore returns them, and an erasure leaves none of a person's."""

from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from payment.model import Payment, Status

from bounded_context.adapters.dynamodb import AggregateTable, ChildTable
from bounded_context.adapters.items import KEY, Items
from bounded_context_local.testing.plugin import made_table
from bounded_context_operations.repair.erase.person import Person
from bounded_context_operations.repair.erase.records import SecondTable, TableStore
from bounded_context_operations.repair.notation import plain
from bounded_context_operations.repair.reseed.state import StoredStates
from bounded_context_operations.repair.restore.differences import Difference, content
from bounded_context_operations.repair.restore.filling import Additions, Filling
from bounded_context_operations.repair.restore.pause import Writes
from bounded_context_operations.repair.restore.tables import ChildCopies, Tables
from tests.rollout.clients import FakeClock
from tests.test_children import CONTEXT, Note, samples

ID = samples.aggregate(1).id
KEY_OF = Items(CONTEXT).key(ID)[KEY]
COPY = "copy"


class World:
    """A table, its copy of an earlier time, and what a restore and an erasure do with an aggregate."""

    def __init__(self) -> None:
        self.table = made_table(CONTEXT)
        self.client: Any = boto3.client("dynamodb")
        self.payments: AggregateTable[Payment] = AggregateTable(Items(CONTEXT), self.table)
        self.notes = ChildTable(Items(CONTEXT), self.table)
        self.payments.add(samples.aggregate(1))

    def add(self, *texts: str) -> None:
        for text in texts:
            self.payments.save(self.payments.get(ID).adding(Note(text=text, author="Ada")))

    def texts(self) -> list[str]:
        return [child["text"] for child in self.notes.read(ID, "note", 0, 10)[0]]

    def remember(self) -> None:
        keys: Any = [{"AttributeName": KEY, "KeyType": "HASH"}]
        attributes: Any = [{"AttributeName": KEY, "AttributeType": "S"}]
        more: Any = {"KeySchema": keys, "AttributeDefinitions": attributes, "BillingMode": "PAY_PER_REQUEST"}
        self.client.create_table(TableName=COPY, **more)
        for item in self.client.scan(TableName=self.table.name)["Items"]:
            self.client.put_item(TableName=COPY, Item=item)

    def restore(self) -> bool:
        """Write the difference of the aggregate. Return whether it was written."""
        tables = Tables(self.client, self.table.name, COPY)
        writes = Writes(self.client, self.table.name, f"00-{'1' * 32}-{'1' * 16}-01", ChildCopies(tables, CONTEXT))
        live, restored = (tables.items(name, [KEY_OF]).get(KEY_OF) for name in (tables.live, tables.restored))
        return writes.write(Difference(KEY_OF, live and plain(live), restored and plain(restored)))

    def stored(self, name: str = "") -> str:
        return str(self.client.scan(TableName=name or self.table.name)["Items"])

    def erase(self, store: type[TableStore] = TableStore, *, keep: bool) -> int:
        """Erase each place, and return how many there were."""
        person = Person("payment_id", ID, CONTEXT.personal)
        known = frozenset({*CONTEXT.stored_fields, "child-counts", "child-family", "last-child"})
        children = (f"{CONTEXT.child_prefix('note')}{ID}#",)
        name = COPY if store is SecondTable else self.table.name
        lists: Any = None
        places = store(self.client, name, lists, person, FakeClock(), KEY_OF, known, keep, children=children).search()
        erasures = [place.erase for place in places]
        for erase in erasures:
            assert erase
            erase()
        return len(erasures)


@pytest.fixture
def world(aws: None) -> World:
    return World()


def test_a_removed_aggregate_returns_with_its_children(world: World) -> None:
    """The relay removes those of the removed one, also after the restore."""
    world.add("first", "second")
    world.remember()
    gone = world.payments.get(ID)
    world.payments.remove(gone)
    assert world.restore()
    world.notes.remove_all(gone)
    assert world.texts() == ["first", "second"]
    world.add("third")
    assert world.texts() == ["first", "second", "third"]


def test_later_children_leave_with_a_restore(world: World) -> None:
    """None of their items stays, and there is no difference to the copy."""
    world.add("first")
    world.remember()
    world.add("later")
    world.payments.save(world.payments.get(ID).moved_to(Status.VERIFIED))
    assert world.restore()
    assert world.texts() == ["first"]
    assert "later" not in world.stored()
    live, copy = (
        plain(world.client.get_item(TableName=name, Key={KEY: {"S": KEY_OF}})["Item"]) for name in ("table", COPY)
    )
    assert content(live, KEY_OF) == content(copy, KEY_OF)


def test_the_children_of_a_successor_make_way(world: World) -> None:
    """Another aggregate of the same identity has come meanwhile."""
    world.add("first")
    world.remember()
    gone = world.payments.get(ID)
    world.payments.remove(gone)
    world.notes.remove_all(gone)
    world.payments.add(samples.aggregate(1))
    world.add("another")
    assert world.restore()
    assert world.texts() == ["first"]
    assert "another" not in world.stored()


@pytest.mark.parametrize("keep", [False, True])
def test_an_erasure_leaves_no_child_with_the_persons_data(world: World, keep: bool) -> None:
    """In the table and in a copy of it; with the aggregate, its children stay without the data."""
    world.add("first", "second")
    world.remember()
    for store, name in ((TableStore, ""), (SecondTable, COPY)):
        assert world.erase(store, keep=keep) == 3
        assert "Ada" not in world.stored(name)
        assert ("second" in world.stored(name)) is keep
        assert world.erase(store, keep=keep) == 0


def test_the_event_of_an_erasure_is_that_of_the_status(world: World) -> None:
    """Also if the last change was the addition of a child, which is not repeated."""
    world.add("first")
    world.erase(keep=True)
    item = world.table.get_item(Key={KEY: KEY_OF})["Item"]
    event = StoredStates(CONTEXT).of_item(item, datetime(2026, 1, 31, tzinfo=UTC))
    assert (event["type"], "note" in event["data"]) == ("PaymentRegistered", False)
    assert "erasure" in event


def test_the_time_of_a_child_is_in_utc(world: World) -> None:
    """As all times of events."""
    world.add("first")
    [child] = world.notes.read(ID, "note", 0, 10)[0]
    assert datetime.fromisoformat(child["added_at"]).tzinfo == UTC


def test_a_fill_has_the_children_of_each_aggregate(world: World) -> None:
    """Under their own keys, and once."""
    world.add("first", "second")
    world.remember()
    world.client.delete_item(TableName=world.table.name, Key={KEY: {"S": KEY_OF}})
    for item in world.client.scan(TableName=world.table.name)["Items"]:
        world.client.delete_item(TableName=world.table.name, Key={KEY: item[KEY]})
    tables = Tables(world.client, world.table.name, COPY)
    filling = Filling(tables, CONTEXT, lambda: None)
    writes = Additions(world.client, world.table.name, f"00-{'1' * 32}-{'1' * 16}-01", ChildCopies(tables, CONTEXT))
    for _ in range(2):
        for difference in filling.differences(set().union(*filling.differing())):
            assert writes.write(difference)
    assert world.texts() == ["first", "second"]
    counts = {name: world.client.scan(TableName=name)["Count"] for name in (world.table.name, COPY)}
    assert counts[world.table.name] == counts[COPY]
