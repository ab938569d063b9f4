"""Aggregates by the hundred: every write can be repeated and touches no other list's."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, cast

import pytest
from payment.context import PAYMENT
from pydynox import DynamoDBClient
from pydynox.exceptions import (
    ProvisionedThroughputExceededException,
    PydynoxException,
    TransactionCanceledException,
)

from bounded_context import Context
from bounded_context.adapters.conditional import key_of
from bounded_context.adapters.dynamodb import AggregateTable
from bounded_context.adapters.dynamodb_bulk import ImportedAggregateTable, ReferenceTable
from bounded_context.adapters.items import CHANGED_AT, CREATED_AT, TRACEPARENT, Items
from bounded_context.application.ports import AlreadyTaken, Throttled
from bounded_context.domain.events import fresh_traceparent
from bounded_context.testing import Samples
from bounded_context.testing.functions import TABLE
from bounded_context_local.testing.plugin import set_account
from tests.contexts import over_contexts

from .endpoints import inserts

ID, ITEMS = PAYMENT.identity, Items(PAYMENT)
samples = Samples(PAYMENT)


def _table(client: Any, context: Context[Any] = PAYMENT) -> ImportedAggregateTable:
    return ImportedAggregateTable(Items(context), context.initial_status, client, inserts(), TABLE)


def _uninserted(client: Any) -> ImportedAggregateTable:
    """One into which nothing is inserted."""
    return ImportedAggregateTable(ITEMS, PAYMENT.initial_status, client, cast("Any", None), TABLE)


@pytest.fixture
def imported(table: Any) -> ImportedAggregateTable:
    return _table(DynamoDBClient())


def _rows(count: int) -> list[dict[str, Any]]:
    return [samples.aggregate(n).details.model_dump(mode="json") for n in range(count)]


def _count(table: Any) -> int:
    return table.scan(Select="COUNT")["Count"]


@over_contexts
def test_an_imported_row_is_the_same_as_one_added_by_a_command(context: Context[Any], table: Any):
    """Both ways of writing give the same item."""
    written = Samples(context).aggregate(3, list_id="l-1")
    _table(DynamoDBClient(), context).import_rows("l-1", [written.details.model_dump(mode="json")])
    assert AggregateTable(Items(context), table).get(written.id) == written
    [item] = table.scan()["Items"]
    assert item.pop(CREATED_AT) == item.pop(CHANGED_AT)
    assert item == Items(context).from_aggregate(written)


def test_a_part_of_any_size_is_written_and_can_be_written_again(imported: ImportedAggregateTable, table: Any):
    """More rows than a batch takes, twice."""
    for _ in range(2):
        imported.import_rows("l-1", _rows(120))
    assert _count(table) == 120


def test_another_lists_row_is_never_overwritten(imported: ImportedAggregateTable, table: Any):
    """The conflict names the identity, the other row stays byte for byte, and what stands beside it is undone."""
    imported.import_rows("l-1", _rows(3)[1:2])
    before = table.scan()["Items"]
    with pytest.raises(AlreadyTaken) as conflict:
        imported.import_rows("l-2", _rows(3))
    assert conflict.value.identities == (_rows(3)[1][ID],)
    assert [item for item in table.scan()["Items"] if item["list_id"] == "l-1"] == before
    imported.undo_rows("l-2", [row[ID] for row in _rows(3)])
    assert table.scan()["Items"] == before


def test_undoing_deletes_only_this_lists_rows(imported: ImportedAggregateTable, table: Any):
    """Also in the middle of a hundred, also what was never written, also twice."""
    rows = _rows(150)
    imported.import_rows("l-1", rows[50:52])
    imported.import_rows("l-2", rows[:50])
    for _ in range(2):
        imported.undo_rows("l-2", [row[ID] for row in rows])
    assert sorted(item[ID] for item in table.scan()["Items"]) == [row[ID] for row in rows[50:52]]


def test_identities_of_the_same_list_are_not_taken(imported: ImportedAggregateTable):
    """A list's own rows do not stand in its way when a step is tried again."""
    rows = _rows(130)
    imported.import_rows("l-1", rows[:2])
    identities = [row[ID] for row in rows]
    assert imported.taken(identities, "l-2") == set(identities[:2])
    assert imported.taken(identities, "l-1") == set()
    assert imported.taken([], "l-1") == set()


def test_a_repeated_part_keeps_later_changes(imported: ImportedAggregateTable, table: Any):
    """A child that is tried again fills the gaps; what a command changed meanwhile stays as it is."""
    imported.import_rows("l-1", _rows(2))
    moved = samples.aggregate(0, version=2, list_id="l-1")
    AggregateTable(ITEMS, table).save(moved)
    imported.import_rows("l-1", _rows(4))
    assert AggregateTable(ITEMS, table).get(moved.id) == moved
    assert _count(table) == 4


def test_imported_rows_keep_their_lists_place_in_a_trace(imported: ImportedAggregateTable, table: Any):
    """Also those that a second try adds; a list without one gives none."""
    place = fresh_traceparent()
    imported.import_rows("l-1", _rows(1), place)
    imported.import_rows("l-1", _rows(2), place)
    imported.import_rows("l-2", _rows(3)[2:])
    traces = {item[ID]: item.get(TRACEPARENT) for item in table.scan()["Items"]}
    assert [traces[row[ID]] for row in _rows(3)] == [place, place, None]


class _Throttled:
    """A client whose first removals are cancelled for a reason that passes by itself."""

    def __init__(self, times: int) -> None:
        self.remaining = times
        self.written = 0

    def sync_transact_write(self, operations: list[dict[str, Any]]) -> None:
        if self.remaining:
            self.remaining -= 1
            raise TransactionCanceledException("for specific reasons [ConditionalCheckFailed, ThrottlingError]")
        self.written += len(operations)


def test_a_throttled_removal_is_tried_again(monkeypatch: pytest.MonkeyPatch):
    """A table that grows into its load is no reason to leave rows; and throttling is no other list's row."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    client: Any = _Throttled(3)
    _uninserted(client).undo_rows("l-1", [row[ID] for row in _rows(2)])
    assert client.written == 2
    assert len(waits) == 3


class _ThrottledReads:
    """A client whose first reads are turned away."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.read: list[int] = []

    def sync_batch_get(self, _table: str, keys: list[dict[str, Any]], **_: Any) -> list[dict[str, Any]]:
        self.read.append(len(keys))
        if self.errors:
            raise self.errors.pop()
        return [{**key, "list_id": "l-1"} for key in keys]


@pytest.mark.parametrize(
    "error",
    [
        ProvisionedThroughputExceededException("DynamoDB request rate too high."),
        PydynoxException(
            'Failed to build request: ConstructionFailure { source: "Failed to get 7 keys after 5 retries" }'
        ),
    ],
    ids=["throttled", "unprocessed"],
)
def test_throttled_reads_are_tried_again(error: Exception, monkeypatch: pytest.MonkeyPatch):
    """Both ways in which pydynox says so; only the hundred that was turned away is read again."""
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    client: Any = _ThrottledReads(error, error)
    identities = [row[ID] for row in _rows(120)]
    assert _uninserted(client).taken(identities, "l-2") == set(identities)
    assert (client.read[:4], len(waits)) == ([100, 100, 100, 20], 2)


def test_only_a_consistent_read_rejects_an_identity():
    """The first read is eventually consistent, and may show an item that is gone. A missed identity is free."""
    client: Any = _Behind({"id-1", "id-2"}, {"id-1", "id-3"})
    identities = _uninserted(client).taken(["id-1", "id-2", "id-3"], "l-2")
    assert (identities, client.requests) == ({"id-1"}, [(3, False), (2, True)])


def test_only_a_consistent_read_makes_a_reference_unknown():
    """A projection is behind its events, not behind its own table."""
    client: Any = _Behind({"s-1"}, {"s-1", "s-2"}, prefix=key_of("subscription", ""))
    known = ReferenceTable("subscription", client, "table").known(["s-1", "s-2", "s-3"])
    assert (known, client.requests) == ({"s-1", "s-2"}, [(3, False), (2, True)])


class _Behind:
    """A table whose eventually consistent reads find other items than its consistent reads."""

    def __init__(self, eventually: set[str], consistently: set[str], prefix: str = PAYMENT.key_prefix) -> None:
        self._found = {False: eventually, True: consistently}
        self._prefix = prefix
        self.requests: list[tuple[int, bool]] = []

    def sync_batch_get(self, _table: str, keys: list[dict[str, Any]], **options: Any) -> list[dict[str, Any]]:
        consistent = options["consistent_read"]
        self.requests.append((len(keys), consistent))
        stored_keys = {self._prefix + identity for identity in self._found[consistent]}
        return [{**key, "list_id": "l-1"} for key in keys if key["pk"] in stored_keys]


class _Unprocessed(BaseHTTPRequestHandler):
    """DynamoDB, which hands every key of a batch back."""

    def do_POST(self) -> None:
        request_items = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["RequestItems"]
        answer = json.dumps({"Responses": {TABLE: []}, "UnprocessedKeys": request_items}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


def test_an_error_of_unprocessed_keys_counts_as_throttling(monkeypatch: pytest.MonkeyPatch):
    """Its words, for which it has no error: another version may have others."""
    waits: list[float] = []
    monkeypatch.setattr("bounded_context.adapters.conditional._TRIES", 2)
    monkeypatch.setattr("time.sleep", waits.append)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Unprocessed) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        set_account(monkeypatch, f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(Throttled):
            _uninserted(DynamoDBClient()).taken(["id-1"], "l-1")
        server.shutdown()
    assert len(waits) == 1


def test_reads_that_fail_for_another_reason_fail_at_once():
    """A missing permission does not pass."""
    client: Any = _ThrottledReads(PydynoxException("not allowed"))
    with pytest.raises(PydynoxException, match="not allowed"):
        _uninserted(client).taken(["id-1"], "l-1")
    assert client.read == [1]


def test_throttling_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch):
    """The workflow tries the part again, later."""
    monkeypatch.setattr("time.sleep", lambda _: None)
    client: Any = _Throttled(1000)
    with pytest.raises(Throttled):
        _uninserted(client).undo_rows("l-1", ["id-1"])
