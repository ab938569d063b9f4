"""Sample lists."""

import csv
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest

from bounded_context.adapters.temporary_database import SqliteSeenIds
from bounded_context.application.checking import ListFile
from bounded_context.declaration.context import Context
from bounded_context.domain.formats import FileFormat
from bounded_context_local.sample_lists import Samples, as_csv


def test_sample_rows_are_good_rows(context: Context[Any], samples: Samples):
    """The context takes every row, whatever its fields are."""
    header, *rows = csv.reader(samples.document(500).decode().splitlines())
    assert header == list(context.details.model_fields)
    models = [context.details.model_validate(dict(zip(header, row, strict=True))) for row in rows]
    assert len({details.id for details in models}) == 500


@pytest.mark.parametrize("kind", ["fixed", "xml", "xlsx", "csv"])
def test_the_samples_of_each_kind_are_a_list_and_a_list_with_a_bad_row(kind: str, context: Context[Any]):
    """The bad row leaves the file's own sum as it is."""
    places = {name: f"{number * 40 + 2}-{number * 40 + 41}" for number, name in enumerate(Samples(context).columns)}
    formats = {
        "fixed": FileFormat(kind=kind, record="D", columns=places, control={"last": "T", "count": "last 2-9"}),
        "xml": FileFormat(kind=kind, record="File/Row", columns=dict(zip(places, places, strict=True))),
        "xlsx": FileFormat(kind=kind),
        "csv": FileFormat(control={"first": "H", "last": "T", "count": "last 2"}),
    }
    samples = Samples(context, formats[kind])
    results = [
        [*ListFile(BytesIO(data), context.rows, SqliteSeenIds(), samples.format).checked()]
        for data in (samples.document(3), samples.bad_document())
    ]
    assert [[len(part.rows), len(part.rejections)] for [part] in results] == [[3, 0], [0, 1]]
    assert samples.count(samples.document(3)) == 3


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
def test_records_are_counted_without_the_header(content: bytes, count: int, samples: Samples):
    """Blank lines are no records, and a line break inside quotes ends none."""
    assert samples.count(content) == count


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


@pytest.mark.parametrize(
    "format_",
    [
        FileFormat(delimiter=";", encoding="windows-1252", decimal=",", date="DD.MM.YYYY"),
        FileFormat(kind="json-lines", encoding="utf-16", compression="gzip", decimal=","),
        FileFormat(delimiter="\t", encoding="utf-16"),
    ],
    ids=str,
)
def test_lists_of_a_partner_are_in_its_format(format_: FileFormat, context: Context[Any], samples: Samples):
    """With its names of the columns. A run reads them as it reads plain lists."""
    names = {f"{name} \xe4": name for name in context.rows.columns[:2]}
    own = Samples(context, replace(format_, header=names))
    content, plain = own.document(20), samples.document(20)
    read = ListFile(BytesIO(content), context.rows, SqliteSeenIds(), own.format)
    checked = list(read.checked())
    assert [len(chunk.rows) for chunk in checked] == [20]
    assert own.count(content) == 20
    first = 1 if format_.kind == "json-lines" else 2
    assert list(own.lines_by_identity(content).values()) == [[line] for line in range(first, first + 20)]
    assert own.lines_by_identity(content).keys() == samples.lines_by_identity(plain).keys()
    assert own.references_of(content) == samples.references_of(plain)
    [bad] = ListFile(BytesIO(own.bad_document()), context.rows, SqliteSeenIds(), own.format).checked()
    assert (len(bad.rows), len(bad.rejections)) == (0, 1)
