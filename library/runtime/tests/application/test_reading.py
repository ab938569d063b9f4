"""How a partner's file is read, whatever it holds."""

import csv
import tracemalloc
from io import BytesIO, RawIOBase, StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bounded_context.application.reading import MAX_RECORD_CELLS, MAX_RECORD_CHARACTERS, FileSource, chunks
from bounded_context.domain.rows import Record, Unreadable


def _read(data: bytes) -> list[Record]:
    return list(FileSource(BytesIO(data)).records())


@pytest.mark.parametrize(
    "data",
    [b"a,b\n1,2\n", b"a,b\r\n1,2\r\n", b"a,b\r1,2", b"\xef\xbb\xbfa,b\n1,2", b'"a","b"\n"1","2"\n', b"a,b\n\n1,2\n\n"],
    ids=["unix", "windows", "old mac", "byte order mark", "quoted", "blank lines"],
)
def test_the_usual_ways_to_write_csv_read_the_same(data: bytes):
    """Line ends, a byte order mark, quotes and blank lines make no difference."""
    assert [record.cells for record in _read(data)] == [["a", "b"], ["1", "2"]]


def test_a_record_has_the_line_on_which_it_starts():
    """A quoted line break does not shift the lines of the report."""
    assert [record.line for record in _read(b'a\n"x\ny"\n\nz\n')] == [1, 2, 5]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
        (b"a,b\n1,\xff\xfe\n", "not UTF-8"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not UTF-8"),
        (b'a\n"b\nc\n', "line 2: the record breaks the rules"),
        (b'a\n"b"c\n', "line 2: the record breaks the rules"),
        (b"a\n" + b"," * MAX_RECORD_CELLS, "line 2: a record has 1001 cells"),
    ],
    ids=["utf-16", "invalid utf-8", "picture", "open quote", "text after quote", "wide"],
)
def test_a_file_that_is_not_csv_is_refused_with_the_reason(data: bytes, complaint: str):
    """The partner learns why, and nothing of such a file is taken."""
    with pytest.raises(Unreadable, match=complaint):
        _read(data)


@pytest.mark.parametrize(
    ("start", "piece", "times"),
    [(b"a\n", b"x", 10_000_000), (b'a\n"x\n', b'","\n', 1_000_000)],
    ids=["10 MB", "endless record"],
)
def test_a_record_that_does_not_end_is_refused_with_its_line(start: bytes, piece: bytes, times: int):
    with pytest.raises(Unreadable, match="line 2: a record is longer than"):
        _read(start + piece * times)


def test_the_widest_record_is_read():
    """A list has far fewer columns."""
    assert len(_read(b"," * (MAX_RECORD_CELLS - 1))[0].cells) == MAX_RECORD_CELLS


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")), min_size=1).filter(
            any
        )
    )
)
def test_the_output_of_a_csv_writer_is_read_back(table: list[list[str]]):
    """Commas, quotes, line breaks and any Unicode survive, but a byte order mark, and NUL, which UTF-16 text has."""
    text = StringIO(newline="")
    csv.writer(text).writerows(table)
    assert [record.cells for record in _read(text.getvalue().encode())] == table


class _Endless(RawIOBase):
    """A file of a given number of rows that never exists as a whole."""

    def __init__(self, rows: int) -> None:
        self._left = rows

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyrefly: ignore[bad-override] (the caller passes a memoryview)
        rows = min(self._left, len(buffer) // 16)
        self._left -= rows
        buffer[: rows * 16] = b"0123456,8901234\n" * rows
        return rows * 16


def _peak(rows: int) -> int:
    tracemalloc.start()
    for _ in chunks(FileSource(_Endless(rows)).records(), 1000):  # pyrefly: ignore[bad-argument-type] (a raw stream)
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_file():
    """Ten times the rows do not take even twice the memory."""
    assert _peak(50_000) < _peak(5_000) * 2


def test_a_record_may_be_as_long_as_the_limit():
    """The limit is on the record, its line end included."""
    longest = b"x" * (MAX_RECORD_CHARACTERS - 1) + b"\n"
    assert len(_read(longest * 3)) == 3
