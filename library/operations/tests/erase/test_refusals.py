"""An erasure after every refusal that the import can give: no personal data stays, in no reason either."""

import gzip
import json
from collections.abc import Callable, Sequence
from hashlib import md5
from typing import Any, Final

import boto3
import pytest
from payment.context import PAYMENT

from bounded_context import ListApproval
from bounded_context.application.results import RuleProgress
from bounded_context.application.staging import TypedRow
from bounded_context.application.verification import CreatingRule
from bounded_context.domain.faults import INVALID, ROW_CODES, Fault, ListFault
from bounded_context.domain.formats import FileFormat
from bounded_context.domain.lists import NOT_APPROVED
from bounded_context.domain.rows import Rejection
from bounded_context.testing.functions import BUCKET, TABLE, LambdaContext, forget_adapters
from tests.erase.conftest import NAME, PERSON, SAMPLES, Stack, row
from tests.handlers.functions import ID, handler

GOOD: Final = SAMPLES.file([row(3), row(4)])
WITHOUT_HEADER: Final = GOOD.split(b"\r\n", 1)[1]


def _file(data: bytes) -> Callable[[Stack, str], str]:
    return lambda stack, name: stack.take(name, data)


def _rows(*rows: dict[str, str]) -> Callable[[Stack, str], str]:
    return _file(SAMPLES.file(rows))


def _broken_off(stack: Stack, name: str) -> str:
    stack.upload(name, GOOD)
    detail = {"bytes": len(GOOD), "etag": md5(GOOD, usedforsecurity=False).hexdigest()}
    path = {"path": f"/{BUCKET}/incoming/acme/{name}", "failed": name, "detail": detail}
    event = handler("register_list")({"upload": path, "execution": name}, LambdaContext())
    return _undone(event)


def _failed(stack: Stack, name: str) -> str:
    stack.upload(name, GOOD)
    event = stack.register(name)
    assert handler("validate_list")(event, LambdaContext())["outcome"] == "VALIDATED"
    return _undone({**event, "error": {"Error": "Lambda.Unknown"}})


def _not_approved(stack: Stack, name: str) -> str:
    object.__setattr__(PAYMENT, "approval", ListApproval(lambda _: True))
    try:
        stack.upload(name, GOOD)
        event = stack.register(name)
        for step in ("validate_list", PAYMENT.verification_step):
            handler(step)(event, LambdaContext())
    finally:
        object.__setattr__(PAYMENT, "approval", None)
    assert _record(event["list_id"])["waits_since"]
    return _undone({**event, "error": {"Error": NOT_APPROVED}})


def _undone(event: dict[str, Any]) -> str:
    handler("compensate_error")(event, LambdaContext())
    return event["list_id"]


def _too_large(stack: Stack, name: str) -> str:
    stack.upload(name, GOOD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAX_LIST_BYTES", "9")
        return _undone(stack.register(name))


CONTROLLED: Final = FileFormat(
    kind="fixed",
    columns={name: f"{place * 30 + 1}-{place * 30 + 29}" for place, name in enumerate(PAYMENT.rows.columns)},
    control={"last": "T", "count": "last 2-9"},
)


def _ill_formed(stack: Stack, name: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        columns = {column: column for column in PAYMENT.rows.columns}
        format_ = FileFormat(kind="xml", record="File/Row", columns=columns)
        patch.setenv("FORMATS", json.dumps({"acme": format_.settings}))
        return stack.take(name, SAMPLES.file([row(3), row(4)], format_=format_) + b"<more/>")


def _miscounted(stack: Stack, name: str) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORMATS", json.dumps({"acme": CONTROLLED.settings}))
        return stack.take(name, SAMPLES.file([row(3), row(4)], format_=CONTROLLED).replace(b"T2", b"T3"))


def _scanned(result: str) -> Callable[[Stack, str], str]:
    def take(stack: Stack, name: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MALWARE", "guardduty")
            forget_adapters()
            version = stack.upload(name, GOOD)
            stack.register(name)
            upload = {"bucket": BUCKET, "key": f"incoming/acme/{name}", "version": version, "scan": result}
            list_id = _undone(handler("register_list")({"upload": upload, "execution": name}, LambdaContext()))
        forget_adapters()
        return list_id

    return take


def _ruled(code: str) -> Callable[[Stack, str], str]:
    def refuse(_: CreatingRule, rows: Sequence[TypedRow[Any]], _done: RuleProgress) -> list[Rejection]:
        return [
            Rejection(typed_row.line, "payer", f"{typed_row.values['payer']!r} is barred", Fault.RULE, code)
            for typed_row in rows
        ]

    def take(stack: Stack, name: str) -> str:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(CreatingRule, "resume", refuse)
            return stack.take(name, GOOD)

    return take


def _existing(stack: Stack, name: str) -> str:
    stack.take(f"first-{name}", GOOD)
    return stack.take(name, GOOD)


REFUSALS: Final[dict[str, Callable[[Stack, str], str]]] = {
    ListFault.ENCODING: _file(GOOD + b"\xff"),
    ListFault.MARK: _file(GOOD + b"\xef\xbb\xbf" + GOOD),
    ListFault.COMPRESSION: _file(gzip.compress(gzip.compress(GOOD))),
    ListFault.FORMAT: _file(SAMPLES.file([row(3), row(4)], format_=FileFormat(delimiter=";"))),
    ListFault.QUOTES: _file(GOOD + b'"open'),
    ListFault.RECORD: _rows(row(4), {**row(3), "payer": f"{NAME} {'x' * 70_000}"}),
    ListFault.STRUCTURE: _ill_formed,
    ListFault.CONTROL: _miscounted,
    ListFault.HEADER: _file(WITHOUT_HEADER),
    ListFault.EMPTY: _rows(),
    ListFault.SIZE: _too_large,
    ListFault.UPLOAD: _broken_off,
    ListFault.TOLERANCE: _rows(row(4), {**row(3), "amount": NAME}),
    ListFault.FAILED: _failed,
    ListFault.MALWARE: _scanned("THREATS_FOUND"),
    ListFault.NOT_SCANNED: _scanned("UNSUPPORTED"),
    ListFault.NOT_APPROVED: _not_approved,
    Fault.CELLS: _file(GOOD + f"{PERSON},{NAME}\r\n".encode()),
    Fault.VALUE: _rows(row(4), {**row(3), "payer": f"={NAME}"}),
    Fault.REPEATED: _rows(row(3), row(3)),
    Fault.UNKNOWN: _rows({**row(3), "subscription_id": NAME}),
    Fault.EXISTS: _existing,
    INVALID: _ruled(INVALID),
    Fault.RULE: _ruled("barred"),
    Fault.BROKEN: _ruled(Fault.BROKEN),
}
"""A list of the person for each code of the import. `list-format` is a code of the report alone."""


def _record(list_id: str) -> dict[str, Any]:
    return boto3.resource("dynamodb").Table(TABLE).get_item(Key={"pk": f"LIST#{list_id}"}).get("Item", {})


def _report(stack: Stack, name: str) -> str:
    return stack.s3.get_object(Bucket=BUCKET, Key=f"reports/acme/{name}.report.csv")["Body"].read().decode()


def test_every_code_of_the_import_is_tried() -> None:
    """A new code needs a list here."""
    assert REFUSALS.keys() == {*ListFault, *ROW_CODES}


@pytest.mark.slow
@pytest.mark.parametrize("codes", [[*ListFault], pytest.param([*ROW_CODES], marks=pytest.mark.nightly)], ids=len)
def test_after_every_refusal_an_erasure_leaves_nothing_of_the_person(empty: Stack, codes: list[str]) -> None:
    """A list's record outlives its file, and its reason quotes no cell."""
    lists = {code: REFUSALS[code](empty, f"{code}.csv") for code in codes}
    for code, list_id in lists.items():
        record = _record(list_id)
        assert (code, record["status"]) == (code, "FAILED" if code == ListFault.FAILED else "REJECTED")
        assert ("barred" if code == Fault.RULE else code) in _report(empty, f"{code}.csv")
        assert [word for word in (NAME, PERSON, "text 4", row(4)[ID]) if word in json.dumps(record, default=str)] == []
    ran = empty.erase("--go")
    assert (ran.status, empty.known(), empty.known(PERSON)) == (0, [], [])
