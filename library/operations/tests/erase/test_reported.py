"""Rows in odd forms are erased. Objects that a person must judge are reported, and stay."""

import gzip
import json
import zipfile
from io import BytesIO
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from payment.context import PAYMENT

from bounded_context.domain.formats import FileFormat
from bounded_context.testing.functions import TABLE
from tests.erase.conftest import BATCH, GIVEN_UP, NAME, OTHER, PERSON, SAMPLES, Stack, event, row
from tests.handlers.functions import ID

ESCAPED = PERSON.replace("-", "\\u002d").replace("3", "\\u0033")
JSON_LINES = FileFormat(kind="json-lines")
AGED = 15 * 24 * 3600
"""The seconds after which no list comes of an upload any more."""

OTHERS = [row(n) for n in range(40, 44)]


def _swapped() -> dict[str, str]:
    person = row(3)
    return {**person, ID: person["payer"], "payer": person[ID]}


def _zip() -> bytes:
    data = BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("list.csv", SAMPLES.file([row(3)] * 9))
    return data.getvalue()


def _names(ran: Any, store: str) -> list[str]:
    return [entry["place"].split(" ")[0].rpartition("/")[2] for entry in ran.store(store)["reported"]]


def test_a_row_in_an_odd_file_is_erased(empty: Stack) -> None:
    """With swapped columns, in UTF-32, and packed twice."""
    data = SAMPLES.file([row(3), *OTHERS])
    empty.upload("swapped.csv", SAMPLES.file([_swapped(), *OTHERS]))
    empty.upload("utf-32-le.csv", data.decode().encode("utf-32"))
    empty.upload("utf-32-be.csv", b"\0\0\xfe\xff" + data.decode().encode("utf-32-be"))
    empty.upload("twice.csv", gzip.compress(gzip.compress(data)))
    empty.upload("others.csv", SAMPLES.file(OTHERS))
    empty.clock.sleep(AGED)
    ran = empty.erase("--go")
    assert (ran.status, ran.store("incoming")["erased"], empty.known()) == (0, 4, [])


def test_an_escaped_identity_of_an_imported_row_is_erased(empty: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """JSON allows each character as an escape. A dead letter may have it too."""
    monkeypatch.setenv("FORMATS", json.dumps({"acme": JSON_LINES.settings}))
    data = SAMPLES.file([row(3), *OTHERS], format_=JSON_LINES).replace(PERSON.encode(), ESCAPED.encode())
    empty.take("escaped.jsonl", data)
    empty.sqs.put(empty.queues["dead"], json.dumps(event(3)).replace(PERSON, ESCAPED))
    assert (empty.item() or {})["payer"] == NAME
    assert empty.erase("--go").status == 0
    assert (empty.known(), len(empty.bodies("dead"))) == ([], 1)


def test_entries_for_a_person_to_judge_are_reported_and_stay(empty: Stack) -> None:
    """It names the identity outside of a row of the aggregate, or cannot be searched."""
    empty.upload("workbook.xlsx", _zip())
    empty.upload("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500))
    empty.upload("garbage.gz", gzip.compress(SAMPLES.file(OTHERS)) + b"more")
    empty.upload("sealed.asc", b"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n")
    empty.take(f"{PERSON}.csv", SAMPLES.file([{**row(40), "payer": f"as {PERSON}"}]))
    empty.upload("cut.gz", gzip.compress(SAMPLES.file(OTHERS))[:-9])
    deep = "[" * 400 + json.dumps(PERSON) + "]" * 400
    for body in (f"to {PERSON}", json.dumps({"note": [f"to\n{PERSON}"]}), deep, "to no one"):
        empty.sqs.put(empty.queues["dead"], body)
    empty.s3.put_object(Bucket=GIVEN_UP, Key=BATCH, Body=f"no JSON of {PERSON}")
    for arguments in ((), ("--go",)):
        ran = empty.erase(*arguments)
        assert ran.status == 1
        incoming = ["garbage.gz", "old.xls", "sealed.asc", "workbook.xlsx", f"{PERSON}.csv"]
        assert sorted(_names(ran, "incoming")) == sorted(incoming)
        assert _names(ran, "reports") == [f"{PERSON}.csv.report.csv"]
        assert len(ran.store("dead letters of bi")["reported"]) == 3
        assert len(ran.store("given-up")["reported"]) == 1
        keys = {entry["place"].partition("#")[0] for entry in ran.store("table")["reported"]}
        assert keys == {"LIST", PAYMENT.key_prefix[:-1]}
        assert not any(store["found"] for store in ran.report["stores"])


def test_numbers_and_times_are_no_identities(empty: Stack) -> None:
    """Otherwise each record of a list would be reported."""
    empty.upload("numbers.csv", SAMPLES.file([{**row(40), "amount": "2026.00"}]))
    empty.register("numbers.csv")
    assert empty.erase(identity="2026").status == 0


def test_an_unreadable_file_is_reported(empty: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bucket's policy denies reads of a file with malware. The other files are erased."""
    empty.upload("malware.csv", SAMPLES.file([row(3)]))
    empty.upload("good.csv", SAMPLES.file([row(3)]))
    empty.clock.sleep(AGED)
    get = empty.s3.get_object

    def denied(**request: Any) -> Any:
        if request["Key"].endswith("malware.csv"):
            why = "not authorized to perform: s3:GetObjectVersion with an explicit deny in a resource-based policy"
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": why}}, "GetObject")
        return get(**request)

    monkeypatch.setattr(empty.s3, "get_object", denied)
    ran = empty.erase("--go")
    assert (ran.status, _names(ran, "incoming"), ran.store("incoming")["erased"]) == (1, ["malware.csv"], 1)


def test_a_reason_of_a_list_loses_the_identity_and_cells(empty: Stack) -> None:
    """An earlier version quoted a name, whose identity is perhaps not among the five cells."""
    table = boto3.resource("dynamodb").Table(TABLE)
    old = f"line 1: columns are missing: 'amount'; unknown: '{NAME}' and 3 more"
    for letter, reason in zip("ab", (old, f"{ID} {PERSON} was created while the list was imported"), strict=True):
        list_id = letter * 32
        table.put_item(Item={"pk": f"LIST#{list_id}", "list_id": list_id, "status": "REJECTED", "reason": reason})
    assert (empty.erase("--go").status, empty.known(), empty.known(PERSON)) == (0, [], [])


def _second(stack: Stack, name: str) -> Any:
    """Create a second table with two rows."""
    keys: Any = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    stack.dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **keys)
    table = boto3.resource("dynamodb").Table(name)
    for values in (row(3), row(4)):
        table.put_item(Item={"pk": PAYMENT.key_prefix + values[ID], "version": 1, "status": "REGISTERED", **values})
    return table


def test_second_tables_are_erased_too(empty: Stack) -> None:
    """The copy of a restore, and the table of another epoch."""
    seconds = [f"{TABLE}-at-20260101T000000Z", f"{TABLE}-epoch-1"]
    tables = [_second(empty, name) for name in (*seconds, f"{TABLE}-of-another")]
    for name in (*seconds, f"{TABLE}-of-another"):
        empty.dynamodb.create_backup(TableName=name, BackupName=f"backup-of-{name}")
    ran = empty.erase("--go")
    assert (ran.status, [ran.store(name)["erased"] for name in seconds]) == (0, [1, 1])
    backups = {entry["store"] for entry in ran.report["expires"] if entry["store"].startswith("backup ")}
    assert backups == {f"backup backup-of-{name}" for name in seconds}
    payers = [{item[ID]: item["payer"] for item in table.scan()["Items"]} for table in tables]
    assert payers == [{OTHER: "text 4"}] * 2 + [{PERSON: NAME, OTHER: "text 4"}]
