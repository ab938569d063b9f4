"""`context exports`: the exported files of a stack, and their acknowledgement."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from bounded_context import aws
from bounded_context.adapters.exports import ExportTable
from bounded_context.domain.exports import FileRecord, FileStatus
from bounded_context.testing import Samples, on
from bounded_context.testing.functions import TABLE, LambdaContext
from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_local.testing.plugin import BUCKET, made_table
from bounded_context_operations.repair.exports import ExportedFiles, ExportScreen, described
from bounded_context_operations.repair.lists import ListStack
from tests.console import context
from tests.exports import EXPORTING
from tests.handlers.conftest import settings

__all__ = ["settings"]

BEGIN = datetime(2026, 12, 1, 18, tzinfo=UTC)
PATH = "acme/order-daily-20261201T180000Z.csv"


@pytest.fixture
def files(settings: None, aws: None, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> ExportedFiles:
    monkeypatch.setenv("FORMATS", "{}")
    made_table(EXPORTING)
    stack = ListStack("prod", TABLE, BUCKET, "arn:aws:sns:eu-central-1:123456789012:events")
    clients: Any = lambda name, **_: boto3.client(name)  # noqa: E731
    return ExportedFiles(EXPORTING, stack, clients)


def export(**limits: Any) -> None:
    from bounded_context.handlers.export_files import exports_handler

    with on(BEGIN):
        aws.aggregates(EXPORTING).add(Samples(EXPORTING).aggregate(1))
        exports_handler(EXPORTING)({"export": "daily", "time": BEGIN.isoformat()}, LambdaContext(**limits))


def test_the_files_are_printed_with_their_status(files: ExportedFiles, capsys: pytest.CaptureFixture[str]):
    export()
    records = list(files.all())
    assert [described(record).partition(",")[0] for record in records] == [
        f"{PATH}  PREPARED",
        "bank/order-daily-20261201T180000Z.csv  PREPARED",
    ]
    capsys.readouterr()
    assert ExportScreen(as_json=True).show("prod", records, BEGIN + timedelta(days=2)) == 0
    shown = json.loads(capsys.readouterr().out)["files"][0]
    assert (shown["status"], shown["rows"], shown["sums"]) == ("PREPARED", 1, {"weight": "1.50"})


def test_an_acknowledgement_has_the_caller_and_is_repeated_without_effect(files: ExportedFiles):
    export()
    first = files.acknowledge(PATH)
    assert first.status is FileStatus.ACKNOWLEDGED
    assert first.acknowledged_by.startswith("arn:aws:")
    assert files.acknowledge(PATH) == first
    assert [record.status for record in files.all()] == [FileStatus.ACKNOWLEDGED, FileStatus.PREPARED]


def test_an_unknown_file_is_refused(files: ExportedFiles):
    for path in (PATH, "acme/other.csv", ""):
        with pytest.raises(Refusal, match="choose one of `context exports prod`"):
            files.acknowledge(path)


def test_a_file_that_is_not_complete_is_refused_and_late(files: ExportedFiles, capsys: pytest.CaptureFixture[str]):
    export(remaining_ms=0)
    with pytest.raises(Refusal, match="is WRITING, and its partner does not see it yet"):
        files.acknowledge(PATH)
    screen, records = ExportScreen(as_json=False), list(files.all())
    assert screen.show("prod", records, BEGIN + timedelta(minutes=20)) == 0
    assert screen.show("prod", records, BEGIN + timedelta(hours=2)) == 1
    assert "its call has not ended" in capsys.readouterr().err


def test_a_failed_file_shows_its_reason(capsys: pytest.CaptureFixture[str]):
    from bounded_context.domain.exports import ExportFile

    record = FileRecord(ExportFile("daily", "acme", "20261201T180000Z"), reason="ORDER#1: payer has a character")
    assert ExportScreen(as_json=False).show("prod", [record], BEGIN) == 1
    assert "ORDER#1: payer has a character" in capsys.readouterr().err


def test_a_file_whose_transfer_failed_shows_its_reason(capsys: pytest.CaptureFixture[str]):
    from bounded_context.domain.exports import ExportFile

    file, reason = ExportFile("daily", "acme", "20261201T180000Z"), "WRITE_FAILED: No space left on device"
    record = FileRecord(file, FileStatus.PREPARED, key="outgoing/acme/a.csv", failures=2, reason=reason)
    assert ExportScreen(as_json=False).show("prod", [record], BEGIN) == 1
    assert f"acme/a.csv  PREPARED, 0 rows, 0 bytes, 2 failed transfers: {reason}" in capsys.readouterr().err
    again = FileRecord(file, FileStatus.PREPARED, transfer="t-1")
    assert ExportScreen(as_json=False).show("prod", [again], BEGIN) == 0
    assert ", a transfer is under way" in capsys.readouterr().out


class _Transfers:
    """A partner's server that refuses or accepts each transfer at once."""

    partners = ("acme",)

    def __init__(self) -> None:
        self.sent, self.outcome = list[str](), ""

    def send(self, partner: str, key: str) -> str:
        self.sent.append(f"{partner} {key.rpartition('.')[2]}")
        return f"t-{len(self.sent)}"

    def failure(self, partner: str, transfer: str) -> str | None:
        assert (partner, transfer) == ("acme", f"t-{len(self.sent)}")
        return self.outcome


@pytest.fixture
def transfers(files: ExportedFiles, monkeypatch: pytest.MonkeyPatch) -> _Transfers:
    transfers, exports = _Transfers(), aws.exports
    monkeypatch.setattr(aws, "exports", lambda *args: replace(exports(*args), connectors=transfers))
    return transfers


def quarter(number: int) -> None:
    from bounded_context.handlers.export_files import exports_handler

    with on(BEGIN + number * timedelta(minutes=15)):
        exports_handler(EXPORTING)({}, LambdaContext())


def test_a_file_is_sent_again_after_a_repair_and_after_its_delivery(files: ExportedFiles, transfers: _Transfers):
    own = replace(files, servers=("acme",))
    transfers.outcome = "full"
    export()
    with pytest.raises(Refusal, match="has a transfer under way"):
        own.send_again(PATH)
    for number in range(1, 5):
        quarter(number)
    transfers.outcome = ""
    assert next(own.all()).failures == 2
    assert own.send_again(PATH).failures == 0
    for number in (5, 6, 7):
        quarter(number)
    assert next(own.all()).status is FileStatus.DELIVERED
    assert transfers.sent == ["acme csv", "acme csv", "acme csv", "acme json"]
    assert own.send_again(PATH).status is FileStatus.PREPARED
    for number in (8, 9, 10):
        quarter(number)
    assert transfers.sent[4:] == ["acme csv", "acme json"]
    assert next(own.all()).status is FileStatus.DELIVERED


def test_a_file_that_is_not_to_be_sent_is_refused(files: ExportedFiles):
    export()
    own = replace(files, servers=("acme",))
    with pytest.raises(Refusal, match="bank has no own server in prod"):
        own.send_again("bank/order-daily-20261201T180000Z.csv")
    with pytest.raises(Refusal, match="choose one of `context exports prod`"):
        own.send_again("acme/other.csv")
    own.acknowledge(PATH)
    with pytest.raises(Refusal, match="is ACKNOWLEDGED: only a complete file"):
        own.send_again(PATH)


def test_a_file_whose_transfer_begins_meanwhile_is_refused(files: ExportedFiles, monkeypatch: pytest.MonkeyPatch):
    export()
    own, get = replace(files, servers=("acme",)), ExportTable.get

    def read(self: ExportTable, file: Any) -> Any:
        record = get(self, file)
        self.claim(file, FileStatus.PREPARED, BEGIN + timedelta(hours=1), BEGIN + timedelta(hours=2))
        return record

    monkeypatch.setattr(ExportTable, "get", read)
    with pytest.raises(Refusal, match="is being sent at this moment"):
        own.send_again(PATH)


def test_a_context_without_exports_is_refused(capsys: pytest.CaptureFixture[str]):
    assert context("exports", "prod", "--json") == 2
    assert "Payment has no exports: write exports into its context." in capsys.readouterr().out
