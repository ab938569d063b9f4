"""Partners' files in other formats: the same rows and rejections as the plain file, or a refusal with its reason."""

import gzip
import random
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO, RawIOBase
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment.context import PAYMENT

from bounded_context.application.checking import ListFile
from bounded_context.application.list_import import Outcome
from bounded_context.application.staging import VALIDATED, Staging
from bounded_context.domain.faults import ListFault
from bounded_context.domain.formats import CHOICES, MOST_BYTES, PLAIN, FileFormat, Formats
from bounded_context.domain.lists import ListStatus
from bounded_context.domain.rows import Unreadable
from bounded_context.testing import InMemorySeenIds, Samples
from bounded_context.testing.functions import assembled
from bounded_context_infra.configuration.formats import file_format
from tests.application.world import World

FORM, SAMPLES = PAYMENT.rows, Samples(PAYMENT)
GERMAN = {
    "payment_id": "Zahlung",
    "subscription_id": "Vertrag",
    "amount": "Betrag",
    "currency": "Währung",
    "due_date": "Fällig",
    "payer": "Zahler",
}
HEADER = {name: column for column, name in GERMAN.items()}
EXCEL = FileFormat(delimiter=";", encoding="windows-1252", decimal=",", date="DD.MM.YYYY", header=HEADER)

TEXTS = {**CHOICES, "kind": ("csv", "json-lines"), "decimal": (".", ",")}
"""The choices of files with the names of their columns."""

formats = st.builds(
    FileFormat,
    header=st.sampled_from([{}, HEADER]),
    date=st.sampled_from(["YYYY-MM-DD", "DD.MM.YYYY", "MM/DD/YYYY", "YYYYMMDD"]),
    **{name: st.sampled_from(values) for name, values in TEXTS.items()},
)
# All characters are in each encoding, and no line of Latin-1 is UTF-8 by chance.
texts = st.text("ab z;,|\t\"'=äöüß\n.-1", max_size=12)
rows = st.fixed_dictionaries(
    {},
    optional={
        "payment_id": st.sampled_from(["p-1", "p-2", "", "two words", "ü"]),
        "amount": st.sampled_from(["0.00", "12.50", "1,5", "1.234,56", "1e3", "NaN", "-3", "7", ""]),
        "currency": st.sampled_from(["EUR", "eur", ""]),
        "due_date": st.sampled_from(["2026-02-28", "2026-02-31", "soon", "", "26-01-01"]),
        "payer": texts,
        "subscription_id": texts,
    },
)


def _read(data: bytes, format_: FileFormat = PLAIN, max_bytes: int = MOST_BYTES) -> tuple[list[Any], list[Any]]:
    checked = list(ListFile(BytesIO(data), FORM, InMemorySeenIds(), format_, max_bytes).checked())
    good = [(row.line, row.details) for part in checked for row in part.rows]
    rejected = sorted(
        (rejection.line, rejection.field, rejection.code) for part in checked for rejection in part.rejections
    )
    return good, rejected


def _refused(data: bytes, format_: FileFormat = PLAIN, max_bytes: int = MOST_BYTES) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        _read(data, format_, max_bytes)
    return refused.value


def _needs(data: bytes, format_: FileFormat = PLAIN) -> dict[str, Any]:
    return {difference.member: difference.value for difference in _refused(data, format_).differences}


def _file(format_: FileFormat, count: int = 5, payer: str = "Jürgen") -> bytes:
    return SAMPLES.file([SAMPLES.values(n, payer=payer) for n in range(count)], format_=format_)


@given(formats, st.lists(rows, min_size=1, max_size=8))
@settings(max_examples=200, deadline=None)
def test_a_file_in_any_format_has_the_rows_and_rejections_of_the_plain_file(
    format_: FileFormat, changes: list[dict[str, str]]
):
    """Lines, fields and codes are equal; a line of JSON is one before its line of CSV, which has a header."""
    values = [SAMPLES.values(n, **change) for n, change in enumerate(changes)]
    if format_.kind == "json-lines":
        values = [{name: text.replace("\n", " ") for name, text in row.items()} for row in values]
    moved = 1 if format_.kind == "json-lines" else 0
    good, rejected = _read(SAMPLES.file(values, format_=format_), format_)
    plain, plainly_rejected = _read(SAMPLES.file(values))
    assert [(line + moved, details) for line, details in good] == plain
    assert [(line + moved, *others) for line, *others in rejected] == [
        tuple(rejection) for rejection in plainly_rejected
    ]


def test_the_readers_of_other_kinds_are_imported_by_their_files_only():
    """A partner's CSV file costs no import of XML and ZIP readers, and an exported CSV file none of their writers."""
    code = (
        "import sys; from io import BytesIO; from bounded_context.application import exports, validation; "
        "from bounded_context.application.reading import FileSource; "
        "[*FileSource(BytesIO(b'a')).records()]; print(*sorted(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603
    own = {"fixed_width", "xml_files", "xml_writing", "workbooks", "control"}
    assert "bounded_context.application.writing" in ran.stdout.split()
    assert not {f"bounded_context.application.{name}" for name in own} & {*ran.stdout.split()}


def test_a_rejection_quotes_the_value_as_the_partner_wrote_it():
    """With the format's own example."""
    values = SAMPLES.values(1, amount="0.00", due_date="soon")
    [checked] = ListFile(BytesIO(SAMPLES.file([values], format_=EXCEL)), FORM, InMemorySeenIds(), EXCEL).checked()
    reasons = {rejection.field: rejection.reason for rejection in checked.rejections}
    assert reasons["amount"].startswith("'0,00': ") and reasons["amount"].endswith(" 12,50")
    assert reasons["due_date"].startswith("'soon': ") and reasons["due_date"].endswith("DD.MM.YYYY, such as 31.01.2026")


@pytest.mark.parametrize("text", ["1.234", "1.234,56", "12.50"])
def test_a_point_in_a_file_with_decimal_commas_is_never_a_decimal_point(text: str):
    """It separates thousands there: 1.234 would be a thousandth of the amount."""
    line = _file(EXCEL, 1).decode("cp1252").replace("0,50", text).encode("cp1252")
    assert _read(line, EXCEL) == ([], [(2, "amount", "value")])


def test_a_day_of_another_format_is_rejected():
    """Also the ISO date: 2026-02-01 beside 01.02.2026 may be another day."""
    lines = _file(EXCEL, 1).replace(b"31.01.2026", b"2026-01-31")
    assert _read(lines, EXCEL) == ([], [(2, "due_date", "value")])


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
def test_utf_16_is_read_with_and_without_a_byte_order_mark(encoding: str, end: str):
    """The zeros of the first letters show the order of the bytes."""
    text = _file(PLAIN).decode().replace("\r\n", end)
    assert _read(text.encode(encoding), FileFormat(encoding="utf-16")) == _read(_file(PLAIN))


@pytest.mark.parametrize("names", ["Платёж", "支払い", "Πληρωμή", "\u0400\u0100"])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("compression", ["none", "gzip"])
def test_utf_16_without_a_mark_may_begin_with_letters_outside_of_latin_1(encoding: str, names: str, compression: str):
    """The zeros of the separators, digits and line ends show the order of the bytes."""
    header = {f"{names}{number}": column for number, column in enumerate(FORM.columns)}
    format_ = FileFormat(encoding="utf-16", header=header, compression=compression)
    text = _file(FileFormat(header=header)).decode()
    data = text.encode(encoding)
    assert _read(gzip.compress(data) if compression == "gzip" else data, format_) == _read(_file(PLAIN))


@pytest.mark.parametrize(
    ("format_", "needed"),
    [
        (FileFormat(delimiter=";"), {"delimiter": ";"}),
        (FileFormat(delimiter="\t"), {"delimiter": "\t"}),
        (FileFormat(encoding="windows-1252"), {"encoding": "windows-1252"}),
        (FileFormat(encoding="utf-16"), {"encoding": "utf-16"}),
        (FileFormat(encoding="utf-16", delimiter=";"), {"encoding": "utf-16", "delimiter": ";"}),
        (FileFormat(compression="gzip"), {"compression": "gzip"}),
        (FileFormat(compression="gzip", delimiter="|"), {"compression": "gzip", "delimiter": "|"}),
        (FileFormat(kind="json-lines"), {"kind": "json-lines"}),
        (FileFormat(kind="json-lines", compression="gzip"), {"kind": "json-lines", "compression": "gzip"}),
        (
            FileFormat(delimiter=";", decimal=",", date="DD.MM.YYYY"),
            {"delimiter": ";", "decimal": ",", "date": "DD.MM.YYYY"},
        ),
    ],
    ids=lambda value: None if isinstance(value, dict) else "+".join(value.settings),
)
def test_a_file_in_another_format_is_refused_with_the_settings_that_accept_it(
    format_: FileFormat, needed: dict[str, Any]
):
    """And with these settings it is read; no setting is missing, and none is superfluous."""
    data = _file(format_)
    assert _needs(data) == needed
    assert _details(data, file_format(needed, FORM.columns)) == _details(_file(PLAIN), PLAIN)


def _details(data: bytes, format_: FileFormat) -> list[Any]:
    return [details for _, details in _read(data, format_)[0]]


@given(formats, formats)
@settings(max_examples=200, deadline=None)
def test_no_file_is_read_wrongly_in_a_format_that_it_does_not_have(written: FileFormat, expected: FileFormat):
    """It is refused, each row is rejected, or the rows are the same."""
    data = _file(written)
    try:
        good = _details(data, expected)
    except Unreadable:
        return
    assert set(good) <= set(_details(_file(PLAIN), PLAIN))


def test_a_plain_file_of_a_partner_with_a_format_is_refused_with_the_plain_members():
    """The partner has changed its export, or sends another system's file."""
    assert _needs(_file(PLAIN), FileFormat(delimiter=";")) == {"delimiter": ","}
    assert _needs(_file(PLAIN), FileFormat(compression="gzip")) == {"compression": "none"}
    assert _needs(_file(PLAIN), FileFormat(kind="json-lines")) == {"kind": "csv"}
    assert _needs(_file(PLAIN), FileFormat(encoding="utf-16")) == {"encoding": "utf-8"}
    assert _needs(b"\xef\xbb\xbf" + _file(PLAIN), FileFormat(encoding="latin-1")) == {"encoding": "utf-8"}
    assert _needs(_file(PLAIN), FileFormat(encoding="latin-1")) == {"encoding": "utf-8"}


def test_a_header_in_another_language_is_refused_with_the_columns_to_map():
    """On its line. A first line that is a row would have a person's data as names."""
    refused = _refused(_file(FileFormat(header=HEADER)))
    [difference] = refused.differences
    assert (refused.fault, refused.line) == (ListFault.HEADER, 1)
    places = [f"column {FORM.columns.index(column) + 1}" for column in GERMAN]
    assert (difference.member, sorted(difference.value)) == ("header", sorted(places))


def test_a_decimal_comma_and_a_date_are_detected_in_rejected_rows():
    """Each row is rejected then, and the differences name the cause."""
    written = FileFormat(decimal=",", date="MM/DD/YYYY")
    read = ListFile(BytesIO(_file(written)), FORM, InMemorySeenIds())
    assert [part.rows for part in read.checked()] == [[]]
    assert {(difference.member, difference.value) for difference in read.differences} == {
        ("decimal", ","),
        ("date", "MM/DD/YYYY"),
    }


def test_a_date_that_may_be_of_two_formats_names_both():
    """The partner knows."""
    data = _file(FileFormat(date="DD/MM/YYYY")).replace(b"31/01/", b"02/01/")
    read = ListFile(BytesIO(data), FORM, InMemorySeenIds())
    list(read.checked())
    assert [difference.value for difference in read.differences] == ["DD/MM/YYYY or MM/DD/YYYY"]


GZIP = FileFormat(compression="gzip")
LATIN = FileFormat(encoding="windows-1252")
_MANY = 3_000
"""More than a chunk of the decoder and of the unpacking."""


def _with_line(number: int, line: bytes, data: bytes) -> bytes:
    lines = data.split(b"\r\n")
    return b"\r\n".join([*lines[: number - 1], line, *lines[number - 1 :]])


BAD: dict[str, tuple[bytes, FileFormat, ListFault, int]] = {
    "latin-1 in utf-8": (
        _with_line(2001, "Jürgen".encode("cp1252"), _file(PLAIN, _MANY)),
        PLAIN,
        ListFault.ENCODING,
        2001,
    ),
    "utf-8 in latin-1": (_with_line(2001, "Jürgen".encode(), _file(LATIN, _MANY)), LATIN, ListFault.ENCODING, 2001),
    "no character": (_with_line(2001, b"J\x81", _file(LATIN, _MANY)), LATIN, ListFault.ENCODING, 2001),
    "half a character of utf-16": (
        _file(FileFormat(encoding="utf-16"), _MANY) + b"a",
        FileFormat(encoding="utf-16"),
        ListFault.ENCODING,
        _MANY + 2,
    ),
    "a byte order mark inside": (_file(PLAIN, 1000) + b"\xef\xbb\xbf" + _file(PLAIN, 9), PLAIN, ListFault.MARK, 1002),
    "one inside of a line": (_with_line(500, "a\ufeffb".encode(), _file(PLAIN, 999)), PLAIN, ListFault.MARK, 500),
    "one inside of utf-16": (
        _file(FileFormat(encoding="utf-16")) + "\ufeff".encode("utf-16-le"),
        FileFormat(encoding="utf-16"),
        ListFault.MARK,
        7,
    ),
    "garbage after gzip": (_file(GZIP) + b"more", GZIP, ListFault.COMPRESSION, 7),
    "a header of gzip alone": (_file(GZIP)[:10], GZIP, ListFault.COMPRESSION, 0),
    "a workbook": (b"PK\x03\x04" + bytes(100), PLAIN, ListFault.COMPRESSION, 0),
    "a broken first object": (b'{"payment_id": \n', FileFormat(kind="json-lines"), ListFault.HEADER, 1),
    "deep json": (b"[" * 60_000, FileFormat(kind="json-lines"), ListFault.HEADER, 1),
    "an endless object": (b"\n" + b"[" * 70_000, FileFormat(kind="json-lines"), ListFault.RECORD, 2),
    "an unknown member": (b'\n{"id": 1}', FileFormat(kind="json-lines"), ListFault.HEADER, 2),
    "nothing packed": (gzip.compress(b""), GZIP, ListFault.EMPTY, 0),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_refused_with_its_line_and_a_code(kind: str):
    """The partner finds the place."""
    data, format_, fault, line = BAD[kind]
    refused = _refused(data, format_)
    assert (refused.fault, refused.line) == (fault, line)


@pytest.mark.parametrize("kind", ["latin-1 in utf-8", "utf-8 in latin-1", "no character", "a byte order mark inside"])
def test_a_file_of_two_encodings_names_no_setting(kind: str):
    """No encoding would accept it."""
    assert _refused(*BAD[kind][:2]).differences == []


@pytest.mark.parametrize("cut", [1, 4, 9, 2_000])
def test_a_truncated_gzip_file_is_refused_after_its_last_whole_line(cut: int):
    """An upload has lost its end: nothing of it may be imported."""
    dice = random.Random(1)  # noqa: S311  samples, not secrets
    packed = SAMPLES.file([SAMPLES.values(n, payer=f"{dice.random()}") for n in range(_MANY)], format_=GZIP)
    refused = _refused(packed[:-cut], GZIP)
    assert refused.fault is ListFault.COMPRESSION
    assert refused.line > 1_000 if cut > 10 else refused.line == _MANY + 2


def test_a_gzip_file_with_another_checksum_is_refused():
    """Each row may look good."""
    packed = bytearray(_file(GZIP))
    packed[-5] ^= 1
    assert _refused(bytes(packed), GZIP).fault is ListFault.COMPRESSION


def test_joined_gzip_files_are_one_file():
    """As gzip itself reads them (RFC 1952)."""
    half, rest = _file(PLAIN)[:90], _file(PLAIN)[90:]
    assert _read(gzip.compress(half) + gzip.compress(rest), GZIP) == _read(_file(PLAIN))


def test_the_limit_is_on_the_unpacked_size():
    """A file of exactly the limit is read."""
    size = len(_file(PLAIN))
    assert _read(_file(GZIP), GZIP, size) == _read(_file(PLAIN))
    assert _refused(_file(GZIP), GZIP, size - 1).fault is ListFault.SIZE


@pytest.mark.parametrize("filling", [b"\n", b"a,b\n", b"\xc3\xa4,\n", b"x"])
def test_a_gzip_bomb_is_refused_in_constant_memory(filling: bytes):
    """Whatever it is filled with."""
    bomb = gzip.compress(_file(PLAIN) + filling * (40_000_000 // len(filling)))
    assert len(bomb) < 200_000
    tracemalloc.start()
    with pytest.raises(Unreadable) as refused:
        for _ in ListFile(BytesIO(bomb), FORM, _Forgetting(), GZIP, 300_000).checked():
            pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert refused.value.fault in (ListFault.SIZE, ListFault.RECORD)
    assert peak < 8_000_000


class _Repeated(RawIOBase):
    """A file that never exists as a whole: its beginning, and so many times the same bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyrefly: ignore[bad-override] (the caller passes a memoryview)
        self._rest = self._rest or next(self._pieces, b"")
        data, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(data)] = data
        return len(data)


class _Forgetting(InMemorySeenIds):
    """Remembers no identity: the adapter stores them on the disk."""

    def first_lines(self, found: Any) -> dict[int, int]:  # noqa: ARG002
        return {}


LONG = "x" * 190


def _peak(format_: FileFormat, count: int) -> int:
    # UTF-16 without a byte order mark, and gzip, may be joined.
    inner = replace(format_, encoding="utf-16-le" if format_.encoding == "utf-16" else format_.encoding)
    header, *data = [
        FORM.columns,
        *([*SAMPLES.values(n, payer=LONG, subscription_id=LONG).values()] for n in range(1000)),
    ]
    pieces = [assembled([header], inner)] * (format_.kind == "csv") + [assembled([header, *data], inner)] * count
    tracemalloc.start()
    stream: Any = _Repeated(iter(pieces))
    rows_read = sum(part.count for part in ListFile(stream, FORM, _Forgetting(), format_).checked())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert rows_read >= 1000 * count
    return peak


@pytest.mark.slow
@pytest.mark.parametrize(
    "format_",
    [
        replace(EXCEL, header={}, compression="gzip"),
        FileFormat(kind="json-lines", encoding="utf-16"),
    ],
    ids=lambda format_: format_.kind,
)
def test_memory_does_not_grow_with_the_file(format_: FileFormat):
    """Ten times the rows take hardly more."""
    assert _peak(format_, 20) < _peak(format_, 2) * 1.3


def _objects(*lines: str) -> tuple[list[Any], list[Any]]:
    return _read("\n".join([_object(payment_id='"p-0"'), *lines]).encode(), FileFormat(kind="json-lines"))


GOOD = {
    "payment_id": '"p-1"',
    "subscription_id": '"s"',
    "amount": '"1.00"',
    "currency": '"EUR"',
    "due_date": '"2026-01-31"',
    "payer": '"x"',
}


def _object(**changes: str) -> str:
    return "{" + ", ".join(f'"{name}": {value}' for name, value in (GOOD | changes).items()) + "}"


@pytest.mark.parametrize(
    ("line", "rejection"),
    [
        (_object(amount="1.00"), None),
        (_object(amount="1.000"), (2, "amount", "value")),
        (_object(amount="1e2"), (2, "amount", "value")),
        *((_object(payer=constant), (2, "", "cells")) for constant in ("NaN", "Infinity", "-Infinity")),
        (_object(amount="null"), (2, "amount", "value")),
        (_object(payer="[1]"), (2, "payer", "value")),
        (_object(payer='{"a": 1}'), (2, "payer", "value")),
        (_object(payer=r'"\ud800"'), (2, "payer", "value")),
        (_object(payer='"x", "payer": "y"'), (2, "", "cells")),
        (_object(colour='"red"'), (2, "", "cells")),
        ('{"payment_id": "p-1"', (2, "", "cells")),
        ("[]", (2, "", "cells")),
        ("9" * 5_000, (2, "", "cells")),
    ],
)
def test_an_object_of_json_lines_is_a_row_or_rejected(line: str, rejection: tuple[int, str, str] | None):
    """A number counts as it is written: 1.000 has three decimals."""
    good, rejected = _objects(line)
    assert rejected == ([rejection] if rejection else [])
    assert len(good) == (1 if rejection else 2)


def test_blank_lines_of_json_lines_are_skipped():
    """And counted."""
    assert _objects("", "  ", _object(amount="0"))[1] == [(4, "amount", "value")]


def test_a_format_is_read_back_from_its_own_settings():
    """As a function's variable has them."""
    assert [file_format(format_.settings, FORM.columns) for format_ in (EXCEL, GZIP)] == [EXCEL, GZIP]


def _rejected_list(data: bytes) -> World:
    world = World(PAYMENT)
    list_id = world.register(data).list_id
    world.validate(list_id)
    assert world.compensate(list_id) is ListStatus.REJECTED
    return world


def test_a_list_in_the_format_of_its_partner_is_imported():
    """Another partner's list is not read in it."""
    world = World(PAYMENT)
    world.formats = Formats({"acme": replace(EXCEL, compression="gzip")})
    list_id = world.ready_to_import_file(_file(world.formats.of("acme"), 30))
    assert world.import_parts(list_id) == [Outcome.IMPORTED]
    assert {aggregate.details.payer for aggregate in world.aggregates.stored.values()} == {"Jürgen"}
    world.formats = Formats({"other": EXCEL})
    assert world.validate(world.register(_file(EXCEL), "run-2").list_id).outcome is Outcome.REJECTED


def test_the_report_of_a_refused_file_says_what_to_do_and_operators_get_the_setting():
    """No setting and no path is in the partner's report, and the reason goes to other contexts in the event."""
    world = _rejected_list(_file(FileFormat(delimiter=";", decimal=",")))
    *remedies, fault = world.report()
    [received] = world.lists.stored.values()
    assert (fault["line"], fault["code"]) == ("1", "list-header")
    assert [(line["line"], line["field"], line["code"]) for line in remedies] == [("", "", "list-format")] * 2
    assert [line["reason"] for line in remedies] == [
        "The columns are separated by semicolons: save the file with commas",
        "Numbers have decimal commas, as 12,50: write decimal points, as 12.50",
    ]
    assert remedies[0]["reason"] in str(received.reason)
    assert received.setting == 'partners.acme.format: {delimiter: ";", decimal: ","}'
    assert "partners" not in f"{received.reason} {world.report()}"


def test_the_report_of_rejected_rows_begins_with_the_remedy():
    """Ten thousand rows have one cause."""
    world = _rejected_list(_file(FileFormat(decimal=","), 30))
    remedy, *rows_, whole = world.report()
    assert (remedy["field"], remedy["code"]) == ("", "list-format")
    assert {line["code"] for line in rows_} == {"value"}
    assert (whole["code"], "partners" in whole["reason"]) == ("list-tolerance", False)
    assert [received.setting for received in world.lists.stored.values()] == ['partners.acme.format: {decimal: ","}']


def test_the_report_of_json_lines_speaks_of_objects():
    """A partner without a spreadsheet has no cells, and no header."""
    world = World(PAYMENT)
    world.formats = Formats({"acme": FileFormat(kind="json-lines")})
    texts = ""
    lines = [_object(), _object(colour='"red"'), _object(amount="NaN"), _object(amount='"?"'), '{"id": 1}']
    for number, data in enumerate(("\n".join(lines), lines[-1])):
        list_id = world.register(data.encode(), f"run-{number}").list_id
        world.validate(list_id)
        world.compensate(list_id)
        texts = " ".join(f"{line['reason']} {line['remedy']}" for line in world.report())
        assert "object" in texts
        assert [word for word in ("cell", "header", "quotes", "separator") if word in texts] == []
    assert "member 1" in texts


def test_a_list_with_few_wrong_rows_names_no_setting():
    """Its format is right."""
    bad = SAMPLES.values(99, amount="1,5")
    world = World(PAYMENT)
    list_id = world.register(SAMPLES.file([SAMPLES.values(1), bad])).list_id
    world.validate(list_id)
    world.verify(list_id)
    assert world.compensate(list_id) is ListStatus.REJECTED
    report = world.report()
    assert {line["code"] for line in report} == {"value", "list-tolerance"}


def test_the_parts_of_a_packed_list_are_as_large_as_its_unpacked_size_may_require():
    """Its own size says nothing about the number of its rows."""
    world = World(PAYMENT)
    world.formats = Formats({"acme": GZIP}, max_bytes=FORM.smallest_row * 140 * 20 - 1)
    list_id = world.register(_file(GZIP, 30)).list_id
    world.validate(list_id, part_rows=5)
    assert [part.rows for part in Staging(world.files, list_id).manifest(VALIDATED)] == [20, 10]
