"""Lists' records in a table: no write moves a list back, opens a closed list, or takes a part from its writer."""

from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context.adapters import conditional, items
from bounded_context.adapters.dynamodb_lists import ListTable
from bounded_context.adapters.items import LIST, TRACEPARENT
from bounded_context.application.ports import Throttled
from bounded_context.domain.events import fresh_traceparent
from bounded_context.domain.faults import Fault
from bounded_context.domain.lists import BEFORE, ListStatus, PinnedFile, ReceivedList
from bounded_context.testing import InMemoryLists

RECEIVED = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", "v1", 42), "run-1")
ID = RECEIVED.list_id
PATH = (ListStatus.VALIDATED, ListStatus.IMPORTING)


@pytest.fixture
def lists(table: Any) -> ListTable:
    return ListTable(table)


@pytest.fixture(params=["in memory", "in a table"])
def records(request: pytest.FixtureRequest) -> Any:
    """Records of either make, with one list."""
    lists = InMemoryLists() if request.param == "in memory" else ListTable(request.getfixturevalue("table"))
    lists.register(RECEIVED)
    return lists


def _brought_to(records: Any, status: ListStatus) -> None:
    """Bring a list to a status by the steps of its workflow."""
    ends = {ListStatus.REJECTED, ListStatus.FAILED, ListStatus.COMPENSATING}
    for step in PATH if status in (ListStatus.IMPORTING, ListStatus.IMPORTED) else PATH[: status is PATH[0]]:
        records.progress(ID, step)
    if status in ends:
        records.refuse(ID, "why")
    if status not in (ListStatus.REGISTERED, *PATH, ListStatus.COMPENSATING):
        records.progress(ID, status)


@pytest.mark.parametrize("after", BEFORE, ids=str)
@pytest.mark.parametrize("before", ListStatus, ids=str)
def test_a_list_moves_only_forward(records: Any, before: ListStatus, after: ListStatus):
    """Whatever a late step writes."""
    _brought_to(records, before)
    assert records.get(ID).status is before
    moved = records.progress(ID, after, rows=99)
    allowed = before in BEFORE[after]
    assert (moved.status, moved.rows) == ((after, 99) if allowed else (before, 0))
    assert records.get(ID) == moved


@pytest.mark.parametrize(("reason", "code"), [(None, ""), ("infected", "malware")])
def test_the_first_result_of_a_scan_counts(records: Any, reason: str | None, code: str):
    """Until then, the list is not one that the sweep knows. The execution that brings the result has the list."""
    other = replace(RECEIVED, file=replace(RECEIVED.file, version_id="v2"), execution="run-2", awaits_scan=True)
    assert records.register(other).awaits_scan
    assert records.recorded([ID, other.list_id]) == {ID}
    first = records.record_scan(other.list_id, "run-3", "FIRST", reason, code)
    assert (first.execution, first.scan, first.awaits_scan) == ("run-3", "FIRST", False)
    assert (first.reason, first.code) == (reason, code)
    assert records.record_scan(other.list_id, "run-4", "SECOND", "late", "late") == first
    assert records.recorded([ID, other.list_id]) == {ID, other.list_id}
    assert records.record_scan(ID, "run-4", "SECOND", "late", "late") == records.get(ID)


def test_a_refusal_counts_only_while_its_step_works(records: Any):
    """A step that outlives its execution refuses nothing."""
    _brought_to(records, ListStatus.IMPORTING)
    late = records.refuse(ID, "late", (ListStatus.REGISTERED,), rows=1)
    assert (late.status, late.reason, late.rows) == (ListStatus.IMPORTING, None, 0)


def test_a_part_has_one_writer(records: Any):
    """The successor learns until when the earlier writer may write; the earlier one can do nothing more."""
    _brought_to(records, ListStatus.IMPORTING)
    assert records.take_part(ID, 0, "first", 100)[1].writers == {}
    assert records.keep_part(ID, 0, "first", 500)
    is_writer, before = records.take_part(ID, 0, "second", 200)
    assert (is_writer, before.writers[0], before.written[0]) == (True, 100, 500)
    assert not records.keep_part(ID, 0, "first", 1000)
    assert not records.part_imported(ID, 0, "first")
    records.leave_part(ID, 0, "first", 0, 0)
    assert (records.get(ID).writers[0], records.get(ID).written[0]) == (200, 500)
    assert records.part_imported(ID, 0, "second")
    assert (records.get(ID).imported_parts, records.get(ID).writers) == ({0}, {})


def test_a_written_part_has_no_writer_any_more(records: Any):
    """A child that is tried again adds nothing."""
    _brought_to(records, ListStatus.IMPORTING)
    records.take_part(ID, 0, "first", 100)
    records.part_imported(ID, 0, "first")
    is_writer, before = records.take_part(ID, 0, "second", 200)
    assert (is_writer, before.imported_parts) == (False, {0})


@pytest.mark.parametrize("status", [status for status in ListStatus if status is not ListStatus.IMPORTING], ids=str)
def test_a_list_that_is_not_being_imported_has_no_writers(records: Any, status: ListStatus):
    """Nobody begins a part, and a writer learns at its next write that the list is not wanted any more."""
    if status in (ListStatus.REGISTERED, ListStatus.VALIDATED):
        _brought_to(records, status)
    else:
        _brought_to(records, ListStatus.IMPORTING)
        records.take_part(ID, 0, "first", 100)
        if status is ListStatus.IMPORTED:
            records.progress(ID, status)
        else:
            records.refuse(ID, "why")
        assert not records.keep_part(ID, 0, "first", 1)
        assert not records.part_imported(ID, 0, "first")
    assert not records.take_part(ID, 0, "second", 200)[0]
    assert not records.take_part(ID, 7, "second", 200)[0]


def test_an_interrupted_writer_records_its_progress(records: Any):
    """Also when the list is being undone: the undoing need not wait for it."""
    _brought_to(records, ListStatus.IMPORTING)
    records.take_part(ID, 3, "first", 100)
    records.refuse(ID, "why")
    records.leave_part(ID, 3, "first", 250, 0)
    assert (records.get(ID).writers[3], records.get(ID).written[3]) == (0, 250)


def test_a_list_is_recorded_once(lists: ListTable):
    """Whoever comes second gets the first record."""
    assert lists.register(RECEIVED) == RECEIVED
    assert lists.register(replace(RECEIVED, execution="run-2")) == RECEIVED


def test_progress_and_counts_are_kept(lists: ListTable):
    """What a step found is there for the next."""
    lists.register(RECEIVED)
    lists.progress(ID, ListStatus.VALIDATED, rows=10, valid=9, rejected=1)
    recorded = lists.get(ID)
    assert (recorded.status, recorded.rows, recorded.valid, recorded.rejected) == (ListStatus.VALIDATED, 10, 9, 1)


def test_findings_by_name_are_kept_exactly(lists: ListTable):
    """Faults and sums, which replace what an earlier try found."""
    lists.register(RECEIVED)
    lists.progress(ID, ListStatus.VALIDATED, rejections={"cells": 3})
    sums = {"field": {"OTHER": Decimal("12345678901234567890.10")}}
    lists.progress(ID, ListStatus.IMPORTING, rejections={"value": 1, "exists": 2}, amounts=sums)
    recorded = lists.get(ID)
    assert recorded.rejections == {Fault.VALUE: 1, Fault.EXISTS: 2}
    assert recorded.amounts == sums


def test_a_list_has_its_time_of_receipt(lists: ListTable):
    """From its first record on."""
    before = datetime.now(UTC)
    received_at = lists.register(RECEIVED).received_at
    assert received_at is not None
    assert before <= received_at <= datetime.now(UTC)
    assert lists.register(replace(RECEIVED, execution="run-2")).received_at == received_at


def test_the_first_reason_stays(lists: ListTable):
    """A second refusal does not hide the first."""
    lists.register(RECEIVED)
    lists.refuse(ID, "first", rows=3)
    lists.refuse(ID, "second")
    recorded = lists.get(ID)
    assert (recorded.reason, recorded.status, recorded.rows) == ("first", ListStatus.COMPENSATING, 3)


def test_undone_parts_are_counted_once_and_read_again(lists: ListTable):
    """A list that was recorded before has none."""
    assert lists.register(RECEIVED).undone_parts == frozenset()
    for part in (3, 0, 3):
        lists.part_undone(ID, part)
    assert lists.get(ID).undone_parts == {0, 3}


def test_a_list_keeps_the_place_in_a_trace_of_its_arrival(table: Any):
    """Registering it again changes nothing of that."""
    first, second = fresh_traceparent(), fresh_traceparent()
    assert ListTable(table, lambda: first).register(RECEIVED).traceparent == first
    assert ListTable(table, lambda: second).register(RECEIVED).traceparent == first


@pytest.mark.parametrize("noted", [{}, {TRACEPARENT: "none"}, {TRACEPARENT: 7}])
def test_a_list_without_a_good_place_in_a_trace_is_read(lists: ListTable, table: Any, noted: dict[str, Any]):
    """It was recorded before there was one, or by somebody else."""
    table.put_item(Item=items.from_list(RECEIVED) | {"received_at": "2026-01-01T00:00Z"} | noted)
    assert lists.get(ID) == RECEIVED
    assert lists.get(ID).traceparent is None


def test_an_unknown_list_is_an_error(lists: ListTable):
    """A step never works on a list that was not registered."""
    with pytest.raises(LookupError, match="not recorded"):
        lists.get("nothing")


def test_an_execution_has_one_list(records: Any):
    """Its first step may be repeated after a newer version of the file has arrived."""
    newer = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", "v2", 43), RECEIVED.execution)
    assert records.register(newer).list_id == ID
    other = replace(newer, execution="run-2")
    assert records.register(other).list_id == other.list_id
    assert records.register(replace(RECEIVED, execution="run-3")).execution == RECEIVED.execution


def test_an_execution_whose_list_exists_registers_no_list(records: Any):
    """A call that outlives it may see a newer version of the file."""
    assert records.conclude("run-2", ID).list_id == ID
    newer = ReceivedList(PinnedFile("inbox", "incoming/acme/x.csv", "v2", 43), "run-2")
    assert records.register(newer).list_id == ID
    assert records.conclude(RECEIVED.execution, "another").list_id == ID


def test_a_broken_upload_is_remembered_for_a_month_and_is_no_list(lists: ListTable, table: Any):
    """Its item reaches no reader of the stream, whose filters name keys."""
    at = datetime(2026, 1, 31, 12, tzinfo=UTC)
    lists.remember_broken(RECEIVED.file.broken_off("bytes-42"), at)
    [item] = table.scan()["Items"]
    assert not item["pk"].startswith((LIST, PAYMENT.key_prefix))
    assert item["expires_at"] == at.timestamp() + 30 * 24 * 60 * 60
    with pytest.raises(LookupError):
        lists.get(RECEIVED.file.broken_off("bytes-42").list_id)


@pytest.mark.parametrize("processed_after", [3, 100])
def test_unprocessed_keys_are_requested_again_with_waits(processed_after: int, monkeypatch: pytest.MonkeyPatch):
    """A table that throttles gets no requests in a row (DynamoDB API reference, BatchGetItem)."""
    waits, requests = list[float](), list[Any]()
    monkeypatch.setattr(conditional.time, "sleep", waits.append)

    def batch_get_item(RequestItems: Any) -> Any:  # noqa: N803  boto3's name
        requests.append(RequestItems)
        if len(requests) == 50:
            pytest.fail("the requests have no end")
        if len(requests) < processed_after:
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        return {"Responses": {"lists": [{"pk": f"{LIST}{ID}"}]}, "UnprocessedKeys": {}}

    client = SimpleNamespace(batch_get_item=batch_get_item)
    table: Any = SimpleNamespace(name="lists", meta=SimpleNamespace(client=client))
    with pytest.raises(Throttled) if processed_after == 100 else nullcontext():
        assert ListTable(table).recorded([ID]) == {ID}
    assert len(waits) == len(requests) - 1 > 1


def test_the_first_decision_about_a_list_that_waits_counts(records: Any):
    """A list that does not wait, or is being undone, gets none."""
    assert not records.decide(ID, "first", 5)[0]
    records.progress(ID, ListStatus.VALIDATED)
    records.progress(ID, ListStatus.IMPORTING, waits_since=1)
    assert records.get(ID).awaits_approval
    decided, record = records.decide(ID, "first", 5, "why not")
    assert (decided, record.status, record.reason, record.code) == (
        *(True, ListStatus.COMPENSATING, "why not"),
        "list-not-approved",
    )
    assert not records.decide(ID, "second", 6)[0]
    assert (records.get(ID).decided_by, records.get(ID).decided_at) == ("first", 5)


def test_a_sent_token_is_removed(lists: ListTable, table: Any):
    """A token that another try of the state has stored meanwhile stays."""
    lists.register(RECEIVED)
    table.update_item(
        Key={"pk": LIST + ID}, UpdateExpression="SET task_token = :t", ExpressionAttributeValues={":t": "b"}
    )
    lists.forget_token(ID, "a")
    assert lists.get(ID).task_token == "b"
    lists.forget_token(ID, "b")
    assert lists.get(ID).task_token == ""


def test_the_lists_of_executions_are_read_together(lists: ListTable):
    """An execution without a list, such as one that has just started, has none."""
    lists.register(RECEIVED)
    many = [f"run-{number}" for number in range(2, 250)]
    assert lists.of_executions(["run-1", *many]) == {"run-1": lists.get(ID)}
    assert lists.of_executions([]) == {}
