"""Proposed formats: each reads the beginning of the file that it is proposed for, and quotes no value of the file."""

import gzip
import json
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from itertools import product
from typing import Any

import pytest
import yaml

from bounded_context.application.checking import ListFile
from bounded_context.domain.formats import CHOICES, PLAIN, Difference, FileFormat, setting
from bounded_context.domain.rows import Unreadable
from bounded_context.testing import InMemorySeenIds

from .test_file_formats import EXCEL, FORM, GERMAN, SAMPLES, TEXTS

ROWS = [SAMPLES.values(n, payer="Jürgen") for n in range(5)]
WRITTEN = [
    replace(base, kind=kind, delimiter=delimiter, encoding=encoding, compression=compression)
    for kind, delimiter, encoding, compression in product(
        TEXTS["kind"], CHOICES["delimiter"], CHOICES["encoding"], CHOICES["compression"]
    )
    for base in (PLAIN, replace(EXCEL, header={}))
]
_TABLE = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row.values())}</tr>" for row in ROWS)
_CELLS = ";".join(ROWS[0])
DOCUMENTS: dict[str, bytes] = {
    "a JSON array": json.dumps(ROWS).encode(),
    "a JSON array on lines": json.dumps(ROWS, indent=1).encode(),
    "a broken object": b'{"payment_id": ',
    "a workbook": b"PK\x03\x04" + bytes(100),
    "a packed workbook": gzip.compress(b"PK\x03\x04" + bytes(100)),
    "a page": f"<html lang='de'><table>{_TABLE}</table></html>".encode(),
    "a page with as many parts": b"<!doctype html>;<p>;<i>;<b>;<u>;<s>\n" + b"a;b;c;d;e;f\n",
    "XML": b'<?xml version="1.0" encoding="utf-8"?>\n<payments/>\n',
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n",
    "separators of thousands": SAMPLES.file(ROWS).replace(b"0.50", b'"1.234,50"'),
    "separators of thousands in Excel": SAMPLES.file(ROWS, format_=EXCEL).replace(b"0,50", b"1.234,50"),
    "rows without a header": SAMPLES.file(ROWS, format_=replace(EXCEL, header={})).partition(b"\n")[2],
    "a title above the header": b"Payments of January\r\n" + SAMPLES.file(ROWS),
    "a column more": "\n".join([f"{_CELLS};note", *(";".join([*row.values(), "x"]) for row in ROWS)]).encode(),
    "a header alone": f"{_CELLS}\n".encode(),
    "letters": b"Dear Ada; we have paid, as agreed.\n",
    "zeros": bytes(50),
}


def _differences(data: bytes, expected: FileFormat = PLAIN) -> Sequence[Difference]:
    return ListFile(BytesIO(data), FORM, InMemorySeenIds(), expected).differences


def _proposed(data: bytes, expected: FileFormat = PLAIN) -> str:
    return setting(_differences(data, expected), "acme")


def _reads(data: bytes, text: str, expected: FileFormat) -> bool:
    """Return whether the file is a list in a proposed format. A proposed header is completed by the columns."""
    [values] = yaml.safe_load(text).values()
    if "header" in values:
        values["header"] = {GERMAN[column]: column for column in FORM.columns}
    try:
        read = ListFile(BytesIO(data), FORM, InMemorySeenIds(), replace(expected, **values))
        return any(part.rows for part in read.checked())
    except Unreadable:
        return False


@pytest.mark.parametrize("expected", [PLAIN, EXCEL, FileFormat(kind="json-lines"), FileFormat(compression="gzip")])
def test_a_proposed_format_reads_the_file_that_it_is_proposed_for(expected: FileFormat):
    """Also in files that are no list in any format."""
    cases = {str(written.settings): SAMPLES.file(ROWS, format_=written) for written in WRITTEN} | DOCUMENTS
    proposals = {name: _proposed(data, expected) for name, data in cases.items()}
    wrong = [name for name, text in proposals.items() if text and not _reads(cases[name], text, expected)]
    assert [name for name in wrong if name != "a header alone"] == []
    assert sum(map(bool, proposals.values())) > len(WRITTEN) / 2


@pytest.mark.parametrize(
    "name", sorted(DOCUMENTS.keys() - {"a column more", "a header alone", "a title above the header"})
)
def test_a_document_that_is_no_list_has_no_proposal(name: str):
    assert _proposed(DOCUMENTS[name]) == ""


@pytest.mark.parametrize(
    "name", ["a JSON array", "a JSON array on lines", "a page", "a page with as many parts", "XML", "a PDF"]
)
def test_another_document_has_no_remedy_either(name: str):
    """Its parts are no other names of columns."""
    assert _differences(DOCUMENTS[name]) == ()


def test_a_file_with_a_column_more_has_a_remedy_and_no_setting():
    """The partner saves it with commas, and then sees the column that is unknown."""
    [difference] = _differences(DOCUMENTS["a column more"])
    assert difference.remedy(PLAIN) == "The columns are separated by semicolons: save the file with commas"
    assert setting([difference], "acme") == ""


@pytest.mark.parametrize("written", WRITTEN[::7], ids=str)
def test_no_proposal_and_no_remedy_quotes_a_value_of_the_file(written: FileFormat):
    """The record of a list outlives its file."""
    rows: list[Any] = [{**row, "payer": "Grace-Hopper"} for row in ROWS]
    for data in (SAMPLES.file(rows, format_=written), SAMPLES.file(rows, format_=written).partition(b"\n")[2]):
        proposed = _differences(data, replace(PLAIN, date="MM/DD/YYYY"))
        texts = f"{setting(proposed, 'acme')} {[difference.remedy(PLAIN) for difference in proposed]}"
        assert [value for value in rows[1].values() if value != "EUR" and value in texts] == []
