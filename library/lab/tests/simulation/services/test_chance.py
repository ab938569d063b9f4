"""Random behaviour of the services: within AWS's documentation, and repeatable by seed."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import repeat
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydynox.exceptions import PydynoxException

from bounded_context.adapters.dynamodb_bulk import Inserts
from bounded_context.application.ports import Throttled

from .dynamodb import Service, SimBulk, SimSigned, SimTable, Store
from .plain_gate import PlainGate
from .seeded_gate import SeededGate
from .sqs import Queue

SEEDS = range(30)
QUERY = {
    "IndexName": "by_word",
    "KeyConditionExpression": "word = :word",
    "ExpressionAttributeValues": {":word": "a"},
}


def _filled(gate: PlainGate, count: int = 10) -> tuple[Store, SimTable]:
    """Return a table whose items have had two versions each."""
    store = Store("table", gate, {"by_word": "word"})
    for version in (1, 2):
        for number in range(count):
            store.commit(f"k-{number}", {"pk": f"k-{number}", "word": "a", "version": Decimal(version)})
    return store, SimTable(Service(store, gate))


def _versions(items: Sequence[Any]) -> list[tuple[str, int]]:
    return sorted((item["pk"], int(item["version"])) for item in items)


def _queried(seed: int) -> list[tuple[str, int]]:
    _, table = _filled(SeededGate(seed))
    return _versions(table.query(**QUERY)["Items"])


def test_an_index_is_behind_at_times_and_each_item_for_itself():
    """Each item in an answer is a committed version. The same seed gives the same answer."""
    newest = [(f"k-{number}", 2) for number in range(10)]
    seen = [_queried(seed) for seed in SEEDS]
    assert newest in seen
    assert any(0 < sum(version == 1 for _, version in answer) < 10 for answer in seen)
    assert all(version in (1, 2) for answer in seen for _, version in answer)
    assert seen == [_queried(seed) for seed in SEEDS]


def test_an_index_catches_up():
    """After the longest lag, a query returns the newest versions."""
    for seed in SEEDS:
        gate = SeededGate(seed)
        _, table = _filled(gate)
        gate.seconds += 11
        assert {version for _, version in _versions(table.query(**QUERY)["Items"])} == {2}


def test_a_consistent_read_is_never_behind():
    """An eventually consistent read may miss updates, and also the item's creation."""
    read: dict[bool, set[Any]] = {True: set(), False: set()}
    for seed in SEEDS:
        for consistent, versions in read.items():
            _, table = _filled(SeededGate(seed), 1)
            answer = table.get_item(Key={"pk": "k-0"}, ConsistentRead=consistent)
            versions.add(answer["Item"]["version"] if "Item" in answer else None)
    assert read == {True: {2}, False: {None, 1, 2}}


def test_unprocessed_keys_are_returned_by_another_read():
    """Repeated reads return each item once."""
    parts = set[int]()
    for seed in SEEDS:
        _, table = _filled(SeededGate(seed, likely=5))
        pages = list(_pages(table, {"table": {"Keys": [{"pk": f"k-{n}"} for n in range(10)], "ConsistentRead": True}}))
        assert sorted(item["pk"] for page in pages for item in page) == [f"k-{n}" for n in range(10)]
        parts.add(len(pages))
    assert {1, 2} <= parts


def _pages(table: SimTable, request: Any) -> Iterator[list[Any]]:
    while request:
        answer = table.meta.client.batch_get_item(RequestItems=request)
        yield answer["Responses"]["table"]
        request = answer["UnprocessedKeys"]


def test_pydynox_gives_up_on_keys_that_stay_unprocessed():
    """After five reads, with the message that the adapter matches."""
    gate = PlainGate(repeat(True))
    store, _ = _filled(gate)
    with pytest.raises(PydynoxException, match="Failed to get 3 keys after 5 retries"):
        SimBulk(Service(store, gate)).sync_batch_get("table", [{"pk": f"k-{n}"} for n in range(3)], True)
    assert len(gate.names) == 5


def test_a_transaction_is_cancelled_at_times_for_a_transient_reason():
    """The transaction has no effect."""
    codes = set[str]()
    for seed in SEEDS:
        gate = SeededGate(seed, likely=20)
        store = Store("table", gate)
        puts: Any = [{"Put": {"TableName": "table", "Item": {"pk": key}}} for key in "ab"]
        try:
            SimTable(Service(store, gate)).meta.client.transact_write_items(TransactItems=puts)
            assert list(store.items) == ["a", "b"]
        except ClientError as error:
            assert store.items == {}
            codes |= {reason["Code"] for reason in error.response["CancellationReasons"]}  # pyrefly: ignore[not-required-key-access] (a cancelled transaction has them)
    assert codes == {"None", "TransactionConflict", "ThrottlingError"}


def test_inserts_that_are_rejected_are_sent_again(monkeypatch: pytest.MonkeyPatch):
    """The adapter writes each item, and reports taken keys, also of statements that failed after their effect."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    rejected = own = 0
    for seed in SEEDS:
        gate = SeededGate(seed, likely=5)
        store = Store("table", gate)
        store.commit("k-7", {"pk": "k-7", "mine": True})
        items = [{"pk": f"k-{number}", "number": number} for number in range(30)]
        try:
            indexes = Inserts("table", SimSigned(store, gate)).insert(items)  # pyrefly: ignore[bad-argument-type] (a stand-in)
        except Throttled:
            continue
        assert 7 in indexes
        own += len(indexes) > 1
        assert list(store.items.keys() ^ {item["pk"] for item in items}) == []
        assert store.items["k-7"] == {"pk": "k-7", "mine": True}
        assert len(store.changes) == 30
        rejected += len(gate.names) > 2
    assert rejected
    assert own, "no statement failed after its effect"


def test_messages_are_delivered_at_least_once_and_in_no_order():
    """A message that was not deleted returns after the visibility timeout. A deleted message may return too."""
    orders, again = set[tuple[str, ...]](), 0
    for seed in SEEDS:
        gate = SeededGate(seed, likely=3)
        queue = Queue("url", gate)
        for body in "abc":
            queue.add(body, {})
        first = queue.receive()
        orders.add(tuple(message.body for message in first))
        assert queue.receive() == []
        queue.delete(first[0].receipt)
        gate.seconds += 31
        bodies = {message.body for message in queue.receive()}
        assert {message.body for message in first[1:]} <= bodies
        again += first[0].body in bodies
    assert len(orders) > 3
    assert 0 < again < len(SEEDS)
