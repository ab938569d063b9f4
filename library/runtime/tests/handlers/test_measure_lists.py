"""The lists' metrics, from the changes of their records."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from payment.context import PAYMENT

from bounded_context.domain.lists import BROKEN, ListStatus
from bounded_context.handlers.measure_lists import lambda_handler
from tests.emf import totals
from tests.handlers.conftest import LambdaContext
from tests.streams import ARRIVED, change, closing, list_item

TARGET = 900
AMOUNTS = PAYMENT.measures.amounts_imported
ALL_TAKEN = {"batchItemFailures": []}
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def objective(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the function is told."""
    monkeypatch.setenv("IMPORT_TARGET_SECONDS", str(TARGET))


def _measured(capsys: Output, context: LambdaContext, *records: dict[str, Any]) -> dict[tuple[str, ...], float]:
    assert lambda_handler({"Records": list(records)}, context) == ALL_TAKEN
    return totals(capsys.readouterr().out)


def test_a_new_record_is_a_list_received(context: LambdaContext, capsys: Output):
    """Once, however many steps follow."""
    steps = [ListStatus.REGISTERED, ListStatus.VALIDATED, ListStatus.IMPORTING, ListStatus.IMPORTING]
    records = [change(None, list_item())]
    records += [change(list_item(before), list_item(after)) for before, after in pairwise(steps)]
    assert _measured(capsys, context, *records) == {("ListsReceived",): 1}


def test_an_upload_that_broke_off_is_a_list_too(context: LambdaContext, capsys: Output):
    """It is told apart by what stands for its version."""
    record = change(None, list_item(version=f"{BROKEN}event-1"))
    assert _measured(capsys, context, record) == {("ListsReceived",): 1, ("UploadsBroken",): 1}


@pytest.mark.parametrize(("result", "counted"), [("THREATS_FOUND", 1), ("FAILED", 1), ("NO_THREATS_FOUND", 0)])
def test_an_upload_that_is_not_clean_is_counted_once(result: str, counted: int, context: LambdaContext, capsys: Output):
    """When its scan is recorded; no later change of the record counts."""
    waiting, scanned = list_item(awaits_scan=True), list_item(scan=result)
    undone = list_item(ListStatus.COMPENSATING, scan=result)
    counts = _measured(capsys, context, change(waiting, scanned), change(scanned, undone))
    assert counts == ({("UploadsQuarantined",): 1} if counted else {})


def test_an_imported_list_is_measured(context: LambdaContext, capsys: Output):
    """Rows, sums, and what was left out."""
    sums = {field: {measure.values[-1]: Decimal("12.50")} for field, measure in AMOUNTS.items()}
    record = closing(
        ListStatus.IMPORTED,
        seconds=60,
        rows=100,
        valid=97,
        rejected=3,
        rejections={"cells": 1, "exists": 2},
        amounts=sums,
    )
    assert _measured(capsys, context, record) == {
        ("ListsImported",): 1,
        ("ListDuration",): 60,
        ("ListsLate",): 0,
        ("RowsImported",): 97,
        ("RowsRejected", "cells"): 1,
        ("RowsRejected", "exists"): 2,
        **{(measure.name, measure.values[-1]): 12.5 for measure in AMOUNTS.values()},
    }


@pytest.mark.parametrize(
    ("status", "name"), [(ListStatus.REJECTED, "ListsRejected"), (ListStatus.FAILED, "ListsFailed")]
)
def test_a_list_that_was_not_imported_has_no_rows_measured(
    status: ListStatus, name: str, context: LambdaContext, capsys: Output
):
    """Also if sums were made before it was given up."""
    sums = {field: {measure.values[0]: 1} for field, measure in AMOUNTS.items()}
    record = closing(status, rows=10, valid=8, rejected=2, rejections={"value": 2}, amounts=sums)
    expected = {(name,): 1, ("ListDuration",): 60, ("ListsLate",): 0, ("RowsRejected", "value"): 2}
    assert _measured(capsys, context, record) == expected


@pytest.mark.parametrize(("seconds", "late"), [(TARGET, 0), (TARGET + 1, 1)])
def test_a_list_is_late_if_it_took_longer_than_the_objective(
    seconds: int, late: int, context: LambdaContext, capsys: Output
):
    """To the second: a stream knows no better."""
    assert _measured(capsys, context, closing(ListStatus.IMPORTED, seconds))[("ListsLate",)] == late


def test_a_list_that_ended_in_the_second_it_came_took_no_negative_time(context: LambdaContext, capsys: Output):
    """The stream cuts its times off, the record does not."""
    assert _measured(capsys, context, closing(ListStatus.REJECTED, -0.5))[("ListDuration",)] == 0


@pytest.mark.parametrize("status", [ListStatus.IMPORTED, ListStatus.REJECTED, ListStatus.FAILED])
def test_changes_of_a_closed_record_are_not_measured(status: ListStatus, context: LambdaContext, capsys: Output):
    """A step that is tried again writes the same; an operator may remove the record."""
    closed = list_item(status)
    records = [change(closed, closed | {"note": "x"}), change(closed, None)]
    assert _measured(capsys, context, *records) == {}


@pytest.mark.parametrize(
    "bad",
    [
        change(None, {"pk": "LIST#1"}),
        change(None, list_item() | {"status": "LOST"}),
        change(None, list_item() | {"key": "secret.csv", "status": "REJECTED"}),
        {"eventID": "event-1"},
    ],
    ids=["no list", "a status of another version", "a stray key", "no change"],
)
def test_an_unreadable_change_is_reported_and_each_list_is_counted_once(
    bad: dict[str, Any], context: LambdaContext, capsys: Output, caplog: pytest.LogCaptureFixture
):
    """Lambda repeats the reported change and all later changes. The log contains no file name."""
    earlier, later = closing(ListStatus.IMPORTED), closing(ListStatus.FAILED)
    number = bad.get("dynamodb", {}).get("SequenceNumber", "")
    answer = lambda_handler({"Records": [earlier, bad, later]}, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": number}]}
    counted = totals(capsys.readouterr().out)
    assert (counted["ListsImported",], counted.get(("ListsFailed",))) == (1, None)
    [line] = [vars(line) for line in caplog.records if line.levelname == "ERROR"]
    assert (line["message"], line["event_id"]) == ("list not measured", "event-1")
    assert "secret" not in str(line)


@pytest.mark.parametrize("more", [{"rejections": {"unheard-of": 1}}, {"amounts": {"unheard_of": {"EUR": 1}}}])
def test_measures_of_another_version_are_ignored(more: dict[str, Any], context: LambdaContext, capsys: Output):
    """The list is measured all the same."""
    assert _measured(capsys, context, closing(ListStatus.IMPORTED, **more))[("ListsImported",)] == 1


def test_the_end_of_a_list_is_one_line_without_names_and_reasons(
    context: LambdaContext, caplog: pytest.LogCaptureFixture
):
    """What the file is called and what was wrong with it is the partner's."""
    record = closing(ListStatus.REJECTED, 61, rows=10, valid=4, rejected=6, reason="6 of 10 rows were rejected")
    lambda_handler({"Records": [record]}, context)
    [said] = [vars(line) for line in caplog.records if line.message == "list closed"]
    expected = {"partner": "acme", "outcome": "REJECTED", "seconds": 61, "rows": 10, "valid": 4, "rejected": 6}
    assert expected.items() <= said.items()
    assert said["list_id"] == list_item()["list_id"]
    assert "x.csv" not in str(said)
    assert "were rejected" not in str(said)


def test_the_wait_for_an_approval_is_no_part_of_the_duration(context: LambdaContext, capsys: Output):
    """A list that waited for two days is in time. A list that nobody approved waited until its end."""
    since, day = int(ARRIVED.timestamp()) + 20, 24 * 60 * 60
    approved = closing(ListStatus.IMPORTED, seconds=2 * day + 25, waits_since=since, decided_at=since + 2 * day)
    forgotten = closing(ListStatus.REJECTED, seconds=7 * day, waits_since=since)
    measured = [_measured(capsys, context, record) for record in (approved, forgotten)]
    assert [(counts[("ListDuration",)], counts[("ListsLate",)]) for counts in measured] == [(25, 0), (20, 0)]
