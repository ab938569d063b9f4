"""A large list is validated in ranges, with the result of one pass, whatever the file contains."""

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from payment.context import PAYMENT

from bounded_context.application import checking, ranges, reading, results
from bounded_context.application import results as repetitions
from bounded_context.application.list_import import Outcome
from bounded_context.application.results import RangeResult
from bounded_context.application.staging import VALIDATED, Part, Staging, read_part
from bounded_context.domain import formats
from bounded_context.domain import lists as domain_lists
from bounded_context.domain.faults import ListFault
from bounded_context.domain.formats import PLAIN, FileFormat, Formats
from bounded_context.domain.lists import MOST_PARTS, FileRange, ListStatus
from bounded_context.domain.rows import Unreadable
from bounded_context.handlers import ValidationEvent
from tests.application.world import MAX_BYTES, World

HEADER: Final = "payment_id,subscription_id,amount,currency,due_date,payer"
MOST: Final = Fraction(9, 10)
ROW: Final = "p-{},s-1,10.00,EUR,2026-03-01,{}"
PART_ROWS: Final = 3


@contextmanager
def small(range_bytes: int = 100, text_bytes: int = 16) -> Iterator[None]:
    """Ranges, blocks and chunks have the size of some rows."""
    sizes = [
        (ranges, "RANGE_BYTES", range_bytes),
        (ranges, "_BLOCK", 7),
        (reading, "TEXT_BYTES", text_bytes),
        (reading, "MAX_RECORD_CHARACTERS", 300),
        (checking, "ROWS_AT_ONCE", 2),
        (repetitions, "_ENTRIES_AT_ONCE", 2),
        (results, "REPORTED_REJECTIONS", 5),
        (repetitions, "REPORTED_REJECTIONS", 5),
    ]
    with ExitStack() as patched:
        for module, name, size in sizes:
            patched.enter_context(patch.object(module, name, size))
        yield


class Lists:
    """The validation of one file, in ranges or in one pass."""

    def __init__(self, data: bytes, format_: FileFormat = PLAIN, tolerated: Fraction = MOST) -> None:
        self.world = World(PAYMENT)
        self.world.formats = Formats({"acme": format_})
        self.tolerated = tolerated
        self.list_id = self.world.register(data).list_id
        self.staging = Staging(self.world.files, self.list_id)

    def validate(self, outcome: Outcome | None) -> Outcome:
        """Call the step with the answer of the step before."""
        return self.world.steps.validate(self.list_id, self.tolerated, PART_ROWS, outcome).outcome

    def validate_range(self, place: FileRange) -> RangeResult:
        """Validate a range, as a child of the map does."""
        # The state machine reads the range as JSON.
        self.world.steps.validate_range(self.list_id, place, PART_ROWS)
        return next(RangeResult.of(data) for data in self.staging.range_results([place]) if data)

    def in_ranges(self) -> "Lists":
        """Run the states of the workflow."""
        if self.validate(Outcome.REGISTERED) is Outcome.SPLIT:
            for place in self.staging.ranges():
                self.validate_range(place)
            self.validate(Outcome.SPLIT)
        return self

    def in_one_pass(self) -> "Lists":
        """Run the step as a definition of an earlier release does."""
        self.validate(None)
        return self

    @property
    def result(self) -> dict[str, Any]:
        """All that later steps, the partner and the operators see of the validation."""
        record = self.world.lists.get(self.list_id)
        facts = {name: getattr(record, name) for name in ("status", "reason", "code", "rows", "valid", "rejected")}
        rejections = {str(fault): number for fault, number in record.rejections.items()}
        staged = Staging(self.world.files, self.list_id, record.staged)
        return {**facts, "rejections": rejections, "report": staged.rejections(), "good": self._good(record.status)}

    def _good(self, status: ListStatus) -> list[Any]:
        if status is not ListStatus.VALIDATED:
            return []
        parts = self.staging.manifest(VALIDATED)
        assert [part.part for part in parts] == list(range(len(parts)))
        rows = [(part.rows, read_part(self.world.files, part, PAYMENT.rows)) for part in parts]
        assert all(0 < count == len(part) <= PART_ROWS for count, part in rows)
        return [(row.line, row.values) for _, part in rows for row in part]


def differs(data: bytes, format_: FileFormat = PLAIN) -> bool:
    """Return whether the ranges of a file have another result than one pass."""
    return Lists(data, format_).in_ranges().result != Lists(data, format_).in_one_pass().result


HARMLESS: Final = (
    *("Ada", "Ada", "Ada", "", '"Ada"', '"Ada ""the"" first"', '"two\nlines"', '"two\r\nlines, and\ncommas"', '"a\rb"'),
    *('5" pipe', 'a "b" c', '""', "é", "日本"),
)
PAYERS: Final = (*HARMLESS, '"', '"open', '"a"b', '"""', '"\n"', "\ufeff", "x" * 320, "a\rb")
IDENTITIES: Final = ("1", "2", "3", "4", "5", "6", "7", "8", "9", "1", "2", "?")
ODD_ROWS: Final = ("", "p-1", "p-1,s-1,x,EUR,2026-03-01,Ada", ",,,,,", "\r", " ", "p-1,s-1,1,EUR,2026-13-01,é")
LINE_ENDS: Final = ("\n", "\n", "\r\n", "\r", "\n\n")
HEADERS: Final = (HEADER, HEADER, HEADER, HEADER.replace("payer", '"payer"'))


def _texts(payers: tuple[str, ...], odd: tuple[str, ...], headers: tuple[str, ...]) -> st.SearchStrategy[str]:
    rows = st.builds(ROW.format, st.sampled_from(IDENTITIES), st.sampled_from(payers))
    lines = st.builds(str.__add__, st.sampled_from(LINE_ENDS), st.one_of(rows, rows, rows, st.sampled_from(odd)))
    begins = st.tuples(
        st.sampled_from(("", "", "", "\ufeff")),
        st.sampled_from(("", "", "", "\n", "\r\n\r\n" * 60)),
        st.sampled_from(headers),
    )
    return st.builds(lambda begin, rest: "".join([*begin, *rest]), begins, st.lists(lines, min_size=3, max_size=40))


calm = _texts(HARMLESS, ODD_ROWS, HEADERS)
texts = _texts(PAYERS, (*ODD_ROWS, '"', '"\r\n'), (*HEADERS, *HEADERS, HEADER.replace(",", ";"), "payer"))
encodings = st.sampled_from(("utf-8", "utf-8", "latin-1", "windows-1252"))
files = st.builds(
    lambda text, encoding, end: text.encode(encoding, "replace") + end,
    texts,
    st.sampled_from(("utf-8", "utf-8", "utf-8", "latin-1")),
    st.sampled_from((b"", b"\n", b"\r\n", b"\r", b"\xff", b"\xe9\n")),
)
sizes = st.sampled_from((1, 30, 64, 100, 250))


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(calm, st.sampled_from(("", "\n", "\r")), sizes, st.booleans())
def test_ranges_of_a_list_with_bad_rows_have_the_result_of_one_pass(text: str, end: str, size: int, returns: bool):
    """The good rows with their lines, the rejections, and the report; each in its order. Also if lines end with CR."""
    data = (text + end).replace("\r\n", "\r").replace("\n", "\r") if returns else text + end
    with small(size):
        assert not differs(data.encode())


@pytest.mark.slow
@settings(max_examples=400, deadline=None)
@given(files, encodings, sizes)
def test_ranges_have_the_result_of_one_pass(data: bytes, encoding: str, size: int):
    """Each refusal has the same reason, code and line, whatever is in the file after it."""
    with small(size):
        assert not differs(data, FileFormat(encoding=encoding))


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.text('ab",\n\r é', max_size=300), sizes)
def test_ranges_of_any_bytes_have_the_result_of_one_pass(data: bytes, text: str, size: int):
    """After a header, also of bytes that are no text."""
    with small(size):
        assert not differs(HEADER.encode() + b"\n" + text.encode() + data)


OBJECTS: Final = (
    '{"payment_id": "p-1", "subscription_id": "s-1", "amount": 10.00, "currency": "EUR", "due_date": "2026-03-01", '
    '"payer": "A \\" d"}',
    '{"payment_id": "p-2", "subscription_id": "s-1", "amount": "5.00", "currency": "EUR", "due_date": "2026-03-01"}',
    '{"payment_id": "p-3", "subscription_id": "s-1", "amount": "x", "currency": "EUR", "due_date": "2026-03-01"}',
    *("", '"', "{", "[]", '{"payer": "é"}', '{"other": 1}', "\ufeff{}"),
)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(OBJECTS), max_size=20),
    st.sampled_from(("\n", "\r\n", "\r")),
    st.sampled_from((b"", b"\n", b"\xff")),
    sizes,
)
def test_ranges_of_json_lines_have_the_result_of_one_pass(lines: list[str], end: str, last: bytes, size: int):
    """A quote has no meaning for the cuts."""
    with small(size):
        assert not differs(end.join(lines).encode() + last, FileFormat(kind="json-lines"))


def _table(*payers: str, identities: tuple[int, ...] = ()) -> bytes:
    numbers = identities or tuple(range(len(payers)))
    lines = [HEADER, *(ROW.format(number, payer) for number, payer in zip(numbers, payers, strict=True))]
    return "".join(f"{line}\n" for line in lines).encode()


QUOTED: Final = _table(*["Ada", '"two\nlines"'] * 10)
LITERAL: Final = _table("Ada", '5" pipe', *["Ada", '"two\nlines"'] * 10)
REPEATED: Final = _table(*["Ada"] * 22, identities=(*range(9), 0, 0, *range(10, 19), 0, 0))


RETURNS: Final = LITERAL.replace(b"\n", b"\r")
QUOTED_RETURNS: Final = RETURNS.replace(b"\rp-", b'\r"p-').replace(b",s-1", b'",s-1')
MANY: Final = {
    "line breaks": QUOTED,
    "literal quotes": LITERAL,
    "repetitions": REPEATED,
    "lines that end with CR": RETURNS,
    "records that begin with a quote after CR": QUOTED_RETURNS,
}


@pytest.mark.parametrize("data", MANY.values(), ids=MANY)
def test_a_large_list_is_validated_in_many_ranges(data: bytes):
    """Each begins with a record, and ends with a record."""
    with small():
        large = Lists(data)
        assert large.validate(Outcome.REGISTERED) is Outcome.SPLIT
        results = [large.validate_range(place) for place in large.staging.ranges()]
        assert len(results) > 5
        assert not any(result.misfit or result.refusal for result in results)
        assert large.validate(Outcome.SPLIT) is Outcome.VALIDATED
        assert large.result == Lists(data).in_one_pass().result


def test_a_range_travels_as_json():
    """The state machine reads the ranges, and gives one to each child; another version may add members."""
    with small():
        large = Lists(QUOTED)
        large.validate(Outcome.REGISTERED)
        stored = json.loads(large.world.files.read(f"staging/{large.list_id}/ranges.json") or b"")
        events = [ValidationEvent.model_validate({"list_id": "l", "range": {**range_, "more": 1}}) for range_ in stored]
        assert [event.range for event in events] == large.staging.ranges()


def test_a_small_list_is_validated_at_once():
    """Up to the size of a range."""
    assert Lists(QUOTED).validate(Outcome.REGISTERED) is Outcome.VALIDATED


def test_a_large_list_without_a_place_to_cut_is_validated_at_once():
    """It has a single record."""
    with small(len(_table("Ada")) - 1):
        assert Lists(_table("Ada")).validate(Outcome.REGISTERED) is Outcome.VALIDATED


@pytest.mark.parametrize("format_", [FileFormat(encoding="utf-16"), FileFormat(compression="gzip")], ids=["16", "gzip"])
def test_a_format_without_ranges_is_read_in_one_pass(format_: FileFormat):
    """Its bytes cannot be read from the middle."""
    data = _table("Ada", "Bob", "Cid", "Dan")
    data = gzip.compress(data) if format_.compression == "gzip" else data.decode().encode("utf-16")
    with small(10):
        assert Lists(data, format_).validate(Outcome.REGISTERED) is Outcome.VALIDATED


@pytest.mark.parametrize("outcome", [Outcome.REGISTERED, None])
def test_a_large_file_without_ranges_is_refused_before_it_is_read(outcome: Outcome | None):
    """One call could not read it in time. The reason names the size of the file, and the limit of the format."""
    data = _table("Ada").decode().encode("utf-16")
    with patch.object(formats, "ONE_PASS_BYTES", len(data) - 1):
        large = Lists(data, FileFormat(encoding="utf-16"))
        with patch.object(large.world.files, "open", side_effect=AssertionError):
            assert large.validate(outcome) is Outcome.REJECTED
    record = large.world.lists.get(large.list_id)
    assert record.code == ListFault.SIZE
    assert all(text in (record.reason or "") for text in (str(len(data)), str(len(data) - 1), "UTF-16"))


def test_a_compressed_file_is_refused_if_it_is_too_large_after_unpacking():
    """Its own size is no hint: the packed file is small."""
    data = _table(*["Ada"] * 100)
    with patch.object(formats, "ONE_PASS_BYTES", len(data) - 1):
        large = Lists(gzip.compress(data), FileFormat(compression="gzip"))
        assert large.validate(Outcome.REGISTERED) is Outcome.REJECTED
    record = large.world.lists.get(large.list_id)
    assert (record.code, str(len(data) - 1) in (record.reason or "")) == (ListFault.SIZE, True)


def test_a_large_file_with_ranges_has_the_limit_of_the_stack():
    """A format that is read in ranges has no limit of its own."""
    with small(), patch.object(formats, "ONE_PASS_BYTES", 10):
        assert Lists(QUOTED).in_ranges().result["status"] is ListStatus.VALIDATED


def test_the_reason_of_a_too_large_file_names_the_limit_and_no_setting():
    """With the size of the file and the limit, before it is read."""
    world = World(PAYMENT)
    assert world.register(b"x" * (MAX_BYTES + 1)).outcome is Outcome.REFUSED
    [received] = world.lists.stored.values()
    assert all(text in (received.reason or "") for text in (str(MAX_BYTES + 1), str(MAX_BYTES)))
    assert "max_list_mb" not in (received.reason or "")


def test_an_execution_of_an_earlier_release_reads_the_whole_file():
    """Its definition has no map for the ranges, and names no outcome."""
    with small():
        assert Lists(QUOTED).validate(None) is Outcome.VALIDATED


def test_a_wrong_header_refuses_a_large_file_at_once():
    """Before a range is read."""
    with small():
        large = Lists(QUOTED.replace(b"payer", b"payee"))
        assert large.validate(Outcome.REGISTERED) is Outcome.REJECTED
        assert large.world.lists.get(large.list_id).code == ListFault.HEADER


def test_ranges_without_a_result_are_validated_by_the_join():
    """Their children succeeded, but their results are gone."""
    with small():
        large = Lists(REPEATED)
        large.validate(Outcome.REGISTERED)
        for place in large.staging.ranges()[::2]:
            large.validate_range(place)
        assert large.validate(Outcome.SPLIT) is Outcome.VALIDATED
        assert large.result == Lists(REPEATED).in_one_pass().result


def test_a_child_on_an_earlier_version_of_the_function_validates_the_whole_list():
    """It knows no ranges. The other children and the join find the list validated, and repeat its answer."""
    with small():
        large = Lists(REPEATED)
        large.validate(Outcome.REGISTERED)
        first, *others = large.staging.ranges()
        large.validate_range(first)
        assert large.validate(None) is Outcome.VALIDATED
        earlier = large.result
        before = dict(large.world.files.objects)
        for place in others:
            large.world.steps.validate_range(large.list_id, place, PART_ROWS)
        assert large.world.files.objects == before
        assert large.validate(Outcome.SPLIT) is Outcome.VALIDATED
        assert large.result == earlier


def test_a_repeated_join_has_the_same_answer():
    """Its parts are the parts of the attempt that was recorded."""
    with small():
        large = Lists(REPEATED).in_ranges()
        earlier = large.result
        assert large.validate(Outcome.SPLIT) is Outcome.VALIDATED
        assert large.result == earlier


def test_a_range_that_ends_in_a_quoted_cell_sends_the_file_through_one_pass():
    """The plan of the ranges is wrong then: the result must not be."""
    with small():
        with _cuts_in_quotes():
            large = Lists(QUOTED).in_ranges()
        assert large.result == Lists(QUOTED).in_one_pass().result


def test_ranges_do_not_make_more_parts_than_a_list_may_have():
    """Each range may end with a small part."""
    with small(500), patch.object(domain_lists, "MOST_PARTS", 30):
        large = Lists(_table(*["Ada"] * 200)).in_ranges()
        assert len(large.staging.manifest(VALIDATED)) <= 30
    assert MOST_PARTS == 10_000


# Faults in the code under test: each has to be found.


def _wrong(data: bytes, format_: FileFormat = PLAIN) -> bool:
    """Return whether a range is no series of records, or the result is not that of one pass."""
    large = Lists(data, format_)
    if large.validate(Outcome.REGISTERED) is Outcome.SPLIT:
        results = [large.validate_range(place) for place in large.staging.ranges()]
        first = next((result for result in results if result.misfit or result.refusal), None)
        large.validate(Outcome.SPLIT)
        if first and first.misfit:
            return True
    return large.result != Lists(data, format_).in_one_pass().result


@contextmanager
def _cuts_in_quotes() -> Iterator[None]:
    """Cut at any line end."""
    with patch.object(ranges.QuotedCells, "outside", lambda _, data: [(0, len(data))]):
        yield


@contextmanager
def _each_quote_opens() -> Iterator[None]:
    """Regard a quote inside an unquoted cell as the beginning of a quoted cell."""

    def opened(self: Any, data: bytes, at: int) -> int:
        quote = data.find(b'"', at)
        self._quoted = quote >= 0
        return quote if quote >= 0 else len(data)

    with patch.object(ranges.QuotedCells, "_opened", opened):
        yield


@contextmanager
def _misfits_are_refusals() -> Iterator[None]:
    """Cut at any line end, and refuse the file whose range ends in a quoted cell."""
    records = reading._csv

    def csv(lines: Any, delimiter: str) -> Iterator[Any]:
        try:
            yield from records(lines, delimiter)
        except reading.Misfit:
            raise Unreadable("", ListFault.QUOTES) from None

    with _cuts_in_quotes(), patch.object(reading, "_csv", csv):
        yield


@contextmanager
def _ranges_are(**members: Any) -> Iterator[None]:
    """Give each range but the first wrong members."""
    between = ranges._between

    def wrong(*arguments: Any) -> Iterator[FileRange]:
        return (replace(range_, **members) if range_.number else range_ for range_ in between(*arguments))

    with patch.object(ranges, "_between", wrong):
        yield


@contextmanager
def _returns_end_no_line() -> Iterator[None]:
    def skip(self: Any, data: bytes) -> None:
        self.next += data.count(b"\n")

    with patch.object(ranges._Lines, "skip", skip):
        yield


@contextmanager
def _pieces_of_their_own() -> Iterator[None]:
    """Decode the bytes of a range alone."""
    with patch.object(ranges, "read_until", lambda end, _: end):
        yield


@contextmanager
def _unaligned() -> Iterator[None]:
    """Decode a range in pieces that begin at its first byte."""
    with patch.object(reading, "_Aligned", lambda stream, _: stream):
        yield


def _keep_part(self: Any, part: Any, _: Any) -> list[Any]:
    self._file_pass.staging.keep_part(Part(len(self._file_pass.staging.parts), part.key, part.rows))
    return []


PLANTED: Final[dict[str, tuple[Callable[[], Any], bytes, FileFormat]]] = {
    "a cut is inside a quoted cell": (_cuts_in_quotes, QUOTED, PLAIN),
    "a literal quote opens a cell": (_each_quote_opens, LITERAL, PLAIN),
    "a misfit is a refusal": (_misfits_are_refusals, QUOTED, PLAIN),
    "lines are counted from the range": (lambda: _ranges_are(line=1), REPEATED, PLAIN),
    "a CR ends no line": (_returns_end_no_line, HEADER.encode() + b"\r" * 3 + REPEATED[len(HEADER) :], PLAIN),
    "encodings before a range are forgotten": (
        lambda: _ranges_are(others=False),
        _table("é", *["Ada"] * 9).decode().encode("latin-1") + "é".encode(),
        FileFormat(encoding="latin-1"),
    ),
    "repetitions across ranges are ignored": (
        lambda: patch.object(ranges, "repetitions", lambda _: ()),
        REPEATED,
        PLAIN,
    ),
    "the first line is of the range": (
        lambda: patch.object(ranges, "_renamed", lambda rejection, *_: rejection),
        REPEATED,
        PLAIN,
    ),
    "the parts keep repeated rows": (
        lambda: patch.object(ranges.Join, "_take_part", _keep_part),
        REPEATED,
        PLAIN,
    ),
}
"""The planted faults, each with a file by which it is found, and the file's format."""


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_detected(name: str):
    """The same file has no fault without the plant."""
    plant, data, format_ = PLANTED[name]
    with small():
        assert not _wrong(data, format_)
        with plant():
            assert _wrong(data, format_)


@pytest.mark.parametrize("plant", [_pieces_of_their_own, _unaligned])
def test_invalid_bytes_are_reported_in_the_order_of_one_pass(plant: Callable[[], Any]):
    """They refuse a file before the lines of the same piece are read, also if these lines are in the range before."""
    files = [_broken(pad) for pad in range(64)]
    with small():
        assert not any(map(_wrong, files))
        with plant():
            assert any(map(_wrong, files))


def _broken(pad: int) -> bytes:
    """Return a file with two faults near a cut: a quote, then a byte of another encoding."""
    good, bad = _table("Ada", "x" * pad), '"p-8"8,s-1,10.00,EUR,2026-03-01,x\n'
    return good + bad.encode() + b"p\xff\n" + good
