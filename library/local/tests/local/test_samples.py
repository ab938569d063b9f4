"""Sample lists."""

import csv
from typing import Any

import pytest

from bounded_context.declaration.context import Context
from bounded_context_local.sample_lists import Samples, as_csv, count_records


def test_sample_rows_are_good_rows(context: Context[Any], samples: Samples):
    """The context takes every row, whatever its fields are."""
    header, *rows = csv.reader(samples.document(500).decode().splitlines())
    assert header == list(context.details.model_fields)
    models = [context.details.model_validate(dict(zip(header, row, strict=True))) for row in rows]
    assert len({details.id for details in models}) == 500


def test_samples_are_the_same_every_time(samples: Samples):
    """A run can be repeated; another seed shares no identity with it."""
    identity = list(samples.columns).index(samples.identity)
    first, other = ({row[identity] for row in samples.rows(50, seed)} for seed in (1, 2))
    assert samples.document(50) == samples.document(50)
    assert len(first) == 50
    assert first.isdisjoint(other)


@pytest.mark.parametrize(
    ("content", "count"),
    [
        (b"", 0),
        (b"a,b\n", 0),
        (b"a,b\n1,2\n3,4", 2),
        (b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n", 1),
        (b'a,b\n1,"two\nlines"\n', 1),
        ("a,b\n1,2\n".encode("utf-16"), 1),
        (b"\xff\xfe\x00", 0),
    ],
)
def test_records_are_counted_without_the_header(content: bytes, count: int):
    """Blank lines are no records, and a line break inside quotes ends none."""
    assert count_records(content) == count


def test_the_lines_of_an_identity_are_the_first_lines_of_its_records(samples: Samples):
    """Blank lines and line breaks inside quotes count; an identity may be there twice."""
    rows = [["one", "x"], ["two", "y\nz"], ["three", "x"], ["one", "x"]]
    content = as_csv([[samples.identity, "text"], *rows]).replace(b"three", b"\n three ")
    assert samples.lines_by_identity(content) == {"one": [2, 7], "two": [3], "three": [6]}
    assert samples.lines_by_identity(b"colour\nred\n") == samples.lines_by_identity(b"") == {}


def test_references_of_a_file_are_read_from_its_column(samples: Samples):
    """The run makes it known, as another context would have."""
    assert samples.references_of(samples.document(100)) == set(samples.known_references())
    assert samples.references_of(b"colour\nred\n") == set()
    assert samples.references_of(b"\x00\xff") == set()
