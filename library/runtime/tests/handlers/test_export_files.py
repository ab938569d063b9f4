"""ExportFiles: a file for each period and partner in the bucket, its record, and its fetch."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest

from bounded_context import aws
from bounded_context.adapters.items import Items
from bounded_context.application import exports as application
from bounded_context.application.reading import FileSource
from bounded_context.domain.exports import Export, ExportFile, FileStatus, file_of
from bounded_context.testing import Samples, on
from bounded_context.testing.functions import LambdaContext
from bounded_context_local.testing.plugin import BUCKET, made_table
from tests.contexts import ORDER
from tests.emf import totals
from tests.exports import DAILY, EXPORTING

BEGIN = datetime(2026, 12, 1, 18, tzinfo=UTC)
DAY = timedelta(days=1)
SAMPLES = Samples(EXPORTING)
FORMATS = {"bank": {"delimiter": ";", "decimal": ",", "compression": "gzip", "kind": "csv"}}


@pytest.fixture
def stack(settings: None, aws: None, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("FORMATS", json.dumps(FORMATS))
    made_table(EXPORTING)
    return bucket


def export(at: datetime, event: Any = None, **limits: Any) -> dict[str, Any]:
    """Run the function at a time, with the event of the daily schedule by default."""
    from bounded_context.handlers.export_files import exports_handler

    with on(at):
        schedule = {"export": "daily", "time": at.isoformat()}
        return exports_handler(EXPORTING)(schedule if event is None else event, LambdaContext(**limits))


def add(at: datetime, *numbers: int) -> None:
    with on(at):
        for number in numbers:
            aws.aggregates(EXPORTING).add(SAMPLES.aggregate(number))


def content(stack: Any, partner: str, at: datetime, ending: str = "csv") -> bytes:
    key = f"outgoing/{partner}/order-daily-{at:%Y%m%dT%H%M%SZ}.{ending}"
    return stack.get_object(Bucket=BUCKET, Key=key)["Body"].read()


def identities(stack: Any, at: datetime) -> list[str]:
    return [line.partition(",")[0] for line in content(stack, "acme", at).decode().splitlines()[1:]]


def record(at: datetime, partner: str = "acme") -> Any:
    return aws.exports(EXPORTING).records.get(ExportFile("daily", partner, f"{at:%Y%m%dT%H%M%SZ}"))


def test_each_partner_gets_a_file_in_its_format_with_a_control_file(stack: Any):
    add(BEGIN - DAY, 1, 2, 3)
    answer = export(BEGIN)
    assert answer == {
        "prepared": 2,
        "delivered": 0,
        "continues": 0,
        "failed": 0,
        "unprepared": 0.0,
        "unfetched": 0.0,
    }
    assert sorted(identities(stack, BEGIN)) == ["id-000001", "id-000002", "id-000003"]
    control = json.loads(content(stack, "acme", BEGIN, "csv.control.json"))
    data = content(stack, "acme", BEGIN)
    assert control == {
        "file": "order-daily-20261201T180000Z.csv",
        "rows": 3,
        "size": len(data),
        "sums": {"weight": "7.50"},
    }
    assert content(stack, "bank", BEGIN, "csv.gz")[:2] == b"\x1f\x8b"
    assert record(BEGIN).status is FileStatus.PREPARED


_PLACES = dict(zip(DAILY.fields, ("2-11", "12-21", "22-31", "32-41", "42-51", "52-61", "62-71"), strict=True))
KINDS: dict[str, dict[str, Any]] = {
    "txt": {"kind": "fixed", "columns": _PLACES, "record": "D", "control": {"last": "T", "count": "last 2-9"}},
    "xml.gz": {
        "kind": "xml",
        "record": "Orders/Order",
        "columns": {name: f"Values/{name}" for name in DAILY.fields},
        "control": {"count": "Orders/Count", "sum": "Orders/Sum", "of": "weight"},
        "compression": "gzip",
    },
    "xlsx": {"kind": "xlsx", "sheet": "Orders", "header": {"Gewicht": "weight"}},
    "csv": {
        "header": {"Gewicht": "weight"},
        "control": {"last": "T", "count": "last 2", "sum": "last 3", "of": "weight"},
    },
    "jsonl": {"kind": "json-lines"},
}


@pytest.mark.parametrize("ending", KINDS)
def test_each_kind_of_files_is_written_fetched_and_recorded(stack: Any, ending: str, monkeypatch: pytest.MonkeyPatch):
    format_ = application.FileFormat(**KINDS[ending])
    monkeypatch.setenv("FORMATS", json.dumps({"bank": KINDS[ending]}))
    add(BEGIN - DAY, 1, 2, 3)
    assert export(BEGIN, remaining_ms=0)["prepared"] == 0
    assert export(BEGIN + DAY / 48, {})["prepared"] == 2
    data = content(stack, "bank", BEGIN, ending)
    control = json.loads(content(stack, "bank", BEGIN, f"{ending}.control.json"))
    assert control == {**control, "rows": 3, "sums": {"weight": "7.50"}, "size": len(data)}
    records = [record.cells[0] for record in FileSource(BytesIO(data)).records(format_)]
    identities = [json.loads(cell)["order_id"] if ending == "jsonl" else cell for cell in records]
    assert sorted(identities)[:3] == ["id-000001", "id-000002", "id-000003"]
    path = f"/{BUCKET}/{record(BEGIN, 'bank').key}"
    assert export(BEGIN, {"downloaded": path, "bytes": len(data)}) == {"fetched": True}


def test_a_repeated_period_has_no_second_file(stack: Any):
    add(BEGIN - DAY, 1)
    export(BEGIN)
    add(BEGIN, 2)
    assert export(BEGIN)["prepared"] == 0
    assert identities(stack, BEGIN) == ["id-000001"]
    versions = stack.list_object_versions(Bucket=BUCKET, Prefix="outgoing/acme/")["Versions"]
    assert len(versions) == 2


def test_a_later_file_has_the_changes_since_the_period_before(stack: Any):
    add(BEGIN - DAY, 1)
    export(BEGIN)
    add(BEGIN + DAY / 2, 2)
    export(BEGIN + DAY)
    assert identities(stack, BEGIN + DAY) == ["id-000002"]
    export(BEGIN + 2 * DAY)
    assert identities(stack, BEGIN + 2 * DAY) == []


def test_a_change_in_transit_at_the_period_is_in_the_next_file(stack: Any):
    export(BEGIN)
    add(BEGIN - timedelta(minutes=14), 1)
    export(BEGIN + DAY)
    assert identities(stack, BEGIN + DAY) == ["id-000001"]


def test_a_call_without_time_is_continued(stack: Any, monkeypatch: pytest.MonkeyPatch):
    add(BEGIN - DAY, *range(1, 30))
    assert export(BEGIN, remaining_ms=0)["prepared"] == 0
    assert "Contents" not in stack.list_objects_v2(Bucket=BUCKET, Prefix="outgoing/")
    later = export(BEGIN + timedelta(minutes=16), {})
    assert (later["prepared"], later["unprepared"]) == (2, 0.0)
    assert len(identities(stack, BEGIN)) == 29


def test_a_failure_is_recorded_and_ends_by_itself(stack: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any):
    add(BEGIN - DAY, 1)
    table = made_items()
    table.update_item(
        Key={"pk": "ORDER#id-000001"},
        UpdateExpression="SET customer_id = :name",
        ExpressionAttributeValues={":name": "Žižek"},
    )
    monkeypatch.setenv("FORMATS", json.dumps({"acme": {"encoding": "latin-1"}}))
    answer = export(BEGIN)
    assert (answer["failed"], answer["prepared"]) == (1, 1)
    assert "customer_id has the character U+017D, which LATIN-1 lacks" in record(BEGIN).reason
    assert totals(capsys.readouterr().out)[("OldestUnpreparedFileAge",)] == 0.0
    monkeypatch.setenv("FORMATS", json.dumps({"acme": {"encoding": "utf-8"}}))
    assert export(BEGIN + timedelta(minutes=1), {})["prepared"] == 1
    assert "Žižek" in content(stack, "acme", BEGIN).decode()


def made_items() -> Any:
    return aws._table()


def test_a_fetched_file_is_delivered_and_then_acknowledged(stack: Any):
    export(BEGIN)
    path = f"/{BUCKET}/{record(BEGIN).key}"
    assert export(BEGIN + DAY, {})["unfetched"] == DAY.total_seconds()
    assert export(BEGIN, {"downloaded": path, "bytes": record(BEGIN).size - 1}) == {"fetched": False}
    assert export(BEGIN, {"downloaded": path, "bytes": record(BEGIN).size}) == {"fetched": True}
    assert record(BEGIN).status is FileStatus.DELIVERED
    records = aws.exports(EXPORTING).records
    assert records.acknowledged(record(BEGIN).file, "ada")
    assert record(BEGIN).status is FileStatus.ACKNOWLEDGED
    assert records.acknowledged(record(BEGIN, "bank").file, "ada")
    assert export(BEGIN + DAY, {})["unfetched"] == 0.0


@pytest.mark.parametrize(
    "name",
    [
        "incoming/acme/a.csv",
        "outgoing/acme/order-daily-20261201T180000Z.csv.control.json",
        "outgoing/acme/order-daily-x.csv",
    ],
)
def test_another_download_has_no_effect(stack: Any, name: str):
    assert export(BEGIN, {"downloaded": f"/{BUCKET}/{name}", "bytes": 10**9}) == {"fetched": False}


def test_a_file_that_is_being_written_is_not_acknowledged(stack: Any):
    export(BEGIN, remaining_ms=0)
    assert not aws.exports(EXPORTING).records.acknowledged(record(BEGIN).file, "ada")


def test_a_file_by_its_path():
    file = ExportFile("all_orders", "acme", "20261201T180000Z")
    exports = (replace(DAILY, name="all"), Export("all_orders", (), "", ()))
    assert file_of("order", exports, f"/bucket/{file.key('order', application.FileFormat())}") == file


def test_an_unknown_export_is_an_error(stack: Any):
    with pytest.raises(LookupError):
        export(BEGIN, {"export": "hourly"})


def test_items_of_other_kinds_are_not_exported(stack: Any):
    made_items().put_item(Item={"pk": "LIST#1", "order_id": "LIST"})
    item = Items(ORDER).from_aggregate(SAMPLES.aggregate(1)) | {"pk": "POLICY#1"}
    made_items().put_item(Item=item)
    export(BEGIN)
    assert identities(stack, BEGIN) == []


class Transfers:
    """The partner's server behind a connector: the outcome of each transfer is None while it is under way."""

    partners = ("acme",)

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.outcomes: dict[str, str | None] = {}
        self.refused = ""

    def send(self, partner: str, key: str) -> str:
        assert partner == "acme"
        if self.refused:
            raise PermissionError(self.refused)
        self.sent.append(key.removeprefix("outgoing/acme/"))
        return f"t-{len(self.sent)}"

    def failure(self, partner: str, transfer: str) -> str | None:
        assert partner == "acme"
        return self.outcomes.get(transfer)


@pytest.fixture
def server(stack: Any, monkeypatch: pytest.MonkeyPatch) -> Transfers:
    transfers, exports = Transfers(), aws.exports
    monkeypatch.setattr(aws, "exports", lambda *args: replace(exports(*args), connectors=transfers))
    return transfers


MINUTE = timedelta(minutes=1)
QUARTER = 15 * MINUTE
NAME = "order-daily-20261201T180000Z.csv"


def test_a_file_and_then_its_control_file_are_sent_once(server: Transfers):
    export(BEGIN)
    assert (server.sent, record(BEGIN).status) == ([NAME], FileStatus.PREPARED)
    assert (record(BEGIN, "bank").transfer, record(BEGIN).transfer) == ("", "t-1")
    export(BEGIN + QUARTER, {})
    assert server.sent == [NAME]
    server.outcomes["t-1"] = ""
    export(BEGIN + 2 * QUARTER, {})
    assert (server.sent, record(BEGIN).status) == ([NAME, f"{NAME}.control.json"], FileStatus.PREPARED)
    server.outcomes["t-2"] = ""
    assert export(BEGIN + 3 * QUARTER, {})["delivered"] == 1
    assert record(BEGIN).status is FileStatus.DELIVERED
    export(BEGIN + 4 * QUARTER, {})
    assert len(server.sent) == 2
    assert aws.exports(EXPORTING).records.opened("daily", "acme") == []


def test_a_failed_transfer_is_repeated_with_growing_distance(server: Transfers, caplog: pytest.LogCaptureFixture):
    export(BEGIN)
    times: list[int] = []
    for quarter in range(1, 97):
        server.outcomes[f"t-{len(server.sent)}"] = "WRITE_FAILED: No space left on device"
        before = len(server.sent)
        export(BEGIN + quarter * QUARTER, {})
        times += [quarter] if len(server.sent) > before else []
    assert record(BEGIN).reason == "WRITE_FAILED: No space left on device"
    assert [after - before for before, after in pairwise(times)] == [3, 5, 9, 16, 16, 16, 16]
    assert record(BEGIN).status is FileStatus.PREPARED
    logged = {getattr(line, "reason", "") for line in caplog.records if line.levelname == "WARNING"}
    assert logged == {"WRITE_FAILED: No space left on device"}
    for quarter in range(3):
        export(BEGIN + 2 * DAY + quarter * QUARTER, {})
        server.outcomes[record(BEGIN).transfer] = ""
    assert (record(BEGIN).status, record(BEGIN).reason) == (FileStatus.DELIVERED, "")


def test_the_control_file_alone_is_repeated_when_it_fails(server: Transfers):
    export(BEGIN)
    server.outcomes |= {"t-1": "", "t-2": "CONNECTION_FAILED: closed"}
    for quarter in range(1, 5):
        export(BEGIN + quarter * QUARTER, {})
    assert server.sent == [NAME, f"{NAME}.control.json", f"{NAME}.control.json"]


def test_a_refused_call_is_a_failed_transfer(server: Transfers):
    server.refused = "the connector does not exist"
    export(BEGIN)
    assert (record(BEGIN).failures, record(BEGIN).reason) == (1, "the connector does not exist")
    server.refused = ""
    assert export(BEGIN + MINUTE, {})["failed"] == 0
    assert server.sent == []
    export(BEGIN + QUARTER, {})
    assert server.sent == [NAME]


def test_an_acknowledged_file_is_not_sent(server: Transfers):
    server.refused = "no"
    export(BEGIN)
    aws.exports(EXPORTING).records.acknowledged(record(BEGIN).file, "ada")
    server.refused = ""
    export(BEGIN + QUARTER, {})
    assert server.sent == []


def test_a_call_that_was_superseded_notes_no_transfer(server: Transfers):
    export(BEGIN)
    earlier = record(BEGIN)
    records = aws.exports(EXPORTING).records
    assert records.claim(earlier.file, FileStatus.PREPARED, BEGIN + QUARTER, BEGIN + 2 * QUARTER)
    with pytest.raises(application.Superseded):
        records.transferring(replace(earlier, fetched=True), None)
    assert record(BEGIN).status is FileStatus.PREPARED


def test_a_connector_is_asked_and_a_forgotten_transfer_has_failed():
    import boto3
    from botocore.stub import Stubber

    from bounded_context.adapters.exports import TransferConnectors

    client = boto3.client("transfer", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
    connector = "c-0123456789abcdef0"
    connectors = TransferConnectors(client, "inbox", {"acme": (connector, "/inbox"), "bank": (connector, "")})
    asked = {"ConnectorId": connector, "TransferId": "t"}
    with Stubber(client) as stub:
        request = {"ConnectorId": connector, "SendFilePaths": ["/inbox/outgoing/acme/a.csv"]}
        stub.add_response("start_file_transfer", {"TransferId": "t"}, {**request, "RemoteDirectoryPath": "/inbox"})
        stub.add_response("start_file_transfer", {"TransferId": "t"}, request)
        assert connectors.send("acme", "outgoing/acme/a.csv") == connectors.send("bank", "outgoing/acme/a.csv") == "t"
        for status, outcome in (("QUEUED", None), ("IN_PROGRESS", None), ("COMPLETED", ""), ("FAILED", "X: full")):
            failure = {"FailureCode": "X", "FailureMessage": "full"} if status == "FAILED" else {}
            result = {"FilePath": "/inbox/a", "StatusCode": status, **failure}
            stub.add_response("list_file_transfer_results", {"FileTransferResults": [result]}, asked)
            assert connectors.failure("acme", "t") == outcome
        stub.add_response("list_file_transfer_results", {"FileTransferResults": []}, asked)
        stub.add_client_error("list_file_transfer_results", "ResourceNotFoundException", expected_params=asked)
        for _ in range(2):
            assert connectors.failure("acme", "t") == "Transfer does not know the transfer t"
