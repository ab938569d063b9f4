"""Generated files of lists: good rows, broken rows, and bytes that are no list."""

import csv
import gzip
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from typing import Annotated, Any, Final

from hypothesis import strategies as st

from bounded_context import Amount, Context, Day, Renamed
from bounded_context.application.control import Control
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.rows import Record
from bounded_context.testing import Samples
from bounded_context.testing.functions import assembled
from tests.contexts import CONTEXTS
from tests.test_optional_fields import TYPES
from tests.things import context_of

Records = Sequence[Sequence[str]]

TYPED: Final = context_of({kind.replace(" ", "_"): (known.type, ...) for kind, known in TYPES.items()})
"""A context with a field of each type."""

_FIELDS: Final[Any] = {
    "claimed_amount": (Annotated[Amount, Renamed("amount")], ...),
    "day": (Annotated[Day | None, Renamed("due")], None),
}
RENAMED: Final = context_of(_FIELDS)
"""A context in the transition of two renames."""

KITS: Final = (*CONTEXTS, RENAMED, TYPED)

_WORDS: Final = """
-1 0 0.00 00.10 -0 007 +5 1_000 1e5 1. .5 1.005 ٣ 0.01 NaN Infinity 12,50 1'000 9999999999999.99
2026-02-29 2024-02-29 2000-02-29 1900-02-29 2026-13-01 2026-00-10 2026-1-1 0000-01-01 0001-01-01 9999-12-31
? true TRUE Yes off t 2 ﬀ EUR eur EURO € =1+1 +49 @x -x id.1-2_3 .id é e\u0301 null a,b a;b say"hi"
1.0 -1.00 -0.001 0.12345 123456789012345 12345678901234.5 123456789012.345 1234567890123.45 99999999999.0001 --1 -.5
2026-01-31T12:00:00+01:00 2026-01-31T23:59:59.999999Z 2026-02-29T00:00:00Z 2026-01-31T24:00:00Z 2026-01-31T12:60:00Z
2026-01-31T12:00:60Z 2026-01-31T12:00:00+23:59 2026-01-31T12:00:00-24:00 2026-01-31T12:00:00+00:60 0000-01-01T00:00:00Z
0001-01-01T00:00:00+01:00 9999-12-31T23:59:59-01:00 2026-01-31T12:00:00 2026-01-31t12:00:00z
2026-01-31T12:00:00.1234567Z ada@example.com ada@localhost -a@example.com a@-b.de a@b..de Ada@ex-ample.CO
é@example.com a@exämple.de +12025550100 +0123 +1 +1234567890123456 f81d4fae-7dec-11d0-a765-00a0c91e6bf6
F81D4FAE-7DEC-11D0-A765-00A0C91E6BF6 f81d4fae7dec11d0a76500a0c91e6bf6
low Low high
"""
_SIGNS: Final = ("", " ", " 5", "5 ", "\x7f", "a\tb", "a\x85b", "a\u2028b", "a\u200b", "id\n", "\x00")
_LONG: Final = [sign * number for sign in "x9😀" for number in (13, 15, 16, 64, 65, 200, 201, 2000, 2001)]
ODD: Final = (*_WORDS.split(), *_SIGNS, *_LONG, "two\nlines", "two\r\nlines")
"""Values at the limits of each type, and beyond."""

FORMATS: Final = (
    PLAIN,
    FileFormat(delimiter=";", encoding="windows-1252", decimal=",", date="DD.MM.YYYY"),
    FileFormat(delimiter="\t", encoding="utf-16", date="MM/DD/YYYY"),
    FileFormat(delimiter="|", encoding="latin-1", decimal=","),
    FileFormat(encoding="windows-1252", date="YYYYMMDD"),
)
"""The formats that the page supports, also with other names of columns."""

PACKED: Final = (
    FileFormat(kind="json-lines", decimal=",", date="DD.MM.YYYY"),
    FileFormat(kind="json-lines", encoding="utf-16", compression="gzip"),
    FileFormat(delimiter=";", compression="gzip", encoding="latin-1"),
)
"""Formats that only the program supports."""


PLACED: Final = (
    FileFormat(
        kind="fixed",
        decimal="implied",
        date="YYYYMMDD",
        record="D",
        control={"first": "H", "last": "T", "count": "last 2-9", "sum": "last 10-39"},
    ),
    FileFormat(kind="fixed", encoding="windows-1252", decimal=",", compression="gzip"),
    FileFormat(kind="xml", record="File/Batch/Row", control={"count": "File/Head/Count", "sum": "File/Head/Sum"}),
    FileFormat(kind="xml", record="File/Row", decimal=",", date="DD.MM.YYYY", compression="gzip"),
    FileFormat(kind="xlsx"),
    FileFormat(kind="xlsx", control={"first": "H", "last": "T", "count": "last 2", "sum": "last 3"}),
    FileFormat(delimiter=";", decimal=",", control={"last": "T", "count": "last 2", "sum": "last 3"}),
)
"""Formats with a reader of their own, before the context's columns have names or places."""

_WIDTH: Final = 40
_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def named(format_: FileFormat, context: Context[Any]) -> FileFormat:
    """Return a format with other names of some columns, or with places of all columns."""
    amounts = context.rows.of_type(Decimal)
    control = {name: place for name, place in format_.control.items() if name != "sum" or amounts}
    control |= {"of": amounts[0]} if "sum" in control else {}
    if not format_.has_names:
        places = [f"{number * _WIDTH + 2}-{(number + 1) * _WIDTH + 1}" for number in range(len(context.rows.columns))]
        columns = dict(zip(context.rows.columns, places, strict=True))
        if format_.kind == "xml":
            deep = format_.record.count("/") > 1
            paths = ("A/V{}", "@v{}", "A/@v{}", "../V{}" if deep else "V{}")
            columns = {name: paths[number % len(paths)].format(number) for number, name in enumerate(columns)}
        return replace(format_, columns=columns, control=control)
    return replace(format_, header={f"{name}\xe4": name for name in context.rows.columns[::2]}, control=control)


def _writers(format_: FileFormat) -> list[Callable[[Records], bytes]]:
    """Return the writers of files in a format: of the format first, then of others."""

    def csv_(**dialect: Any) -> Callable[[Records], bytes]:
        return lambda records: _encoded(_csv(records, **{"delimiter": format_.delimiter, **dialect}), format_)

    if format_.has_own_reader:
        return [
            lambda records: _placed(records, format_),
            lambda records: _placed(records, format_, wrong=True),
            *(csv_(lineterminator="\r\n"), lambda records: _encoded(_objects(records), format_)),
        ]
    return [
        csv_(lineterminator="\n") if format_.kind == "csv" else lambda records: _encoded(_objects(records), format_),
        *(csv_(lineterminator="\r\n"), csv_(lineterminator="\r"), csv_(quoting=csv.QUOTE_ALL)),
        lambda records: _encoded("\ufeff" * (format_.encoding == "utf-8") + _csv(records, format_.delimiter), format_),
        lambda records: _encoded(_csv(records, format_.delimiter, lineterminator="\n\n").rstrip("\n"), format_),
        csv_(delimiter=";"),
        *(lambda records, other=other: _encoded(_csv(records), other) for other in (*FORMATS[:4], *PACKED)),
        lambda records: _csv(records, format_.delimiter).encode("utf-16-be"),
        lambda records: _encoded("\n".join(",".join(cells) for cells in records), format_),
    ]


def _placed(records: Records, format_: FileFormat, wrong: bool = False) -> bytes:
    """Return records at their places; a value that is too wide moves the others. With `wrong`, a row is missing."""
    if format_.kind == "csv":
        return _encoded(_table(records, format_, missing=wrong), format_)
    if format_.kind == "xlsx":
        data = assembled([[_NO_XML.sub("?", cell) for cell in record] for record in records], format_)
        return data[: len(data) // 2] if wrong else data
    if format_.kind == "xml":
        text = [[_NO_XML.sub("?", cell) for cell in record] for record in records]
        data = assembled(text, replace(format_, compression="none"))
        return _encoded(data.decode().replace("<Count>", "<Count>9" if wrong else "<Count>"), format_)
    header, *rows = records
    named_rows = [dict(zip(header, row, strict=False)) for row in rows]
    lines = [
        format_.record.ljust(1) + "".join(own.get(name, "").ljust(_WIDTH) for name in format_.columns) + "".join(more)
        for own, more in zip(named_rows, (row[len(header) :] for row in rows), strict=True)
    ]
    control = Control(format_)
    for row in named_rows[wrong:]:
        control.add(Record(0, [row.get(name, "") for name in format_.columns]))
    stated = control.stated
    trailer = [f"T{stated['count']:8}{stated.get('sum', '')}"] if stated else []
    return _encoded("\n".join([*(["H"] if trailer else []), *lines, *trailer]) + "\n", format_)


def _table(records: Records, format_: FileFormat, *, missing: bool) -> str:
    header, *rows = records
    control = Control(format_, [*map(format_.column, header)])
    for row in rows[missing:]:
        control.add(Record(0, [*row]))
    trailer = ["T", control.stated["count"], control.stated.get("sum", "")]
    return _csv([header, *rows, trailer], format_.delimiter)


def _encoded(text: str, format_: FileFormat) -> bytes:
    data = text.encode(format_.encoding, errors="replace")
    return gzip.compress(data, mtime=0) if format_.compression == "gzip" else data


def _objects(records: Records) -> str:
    return assembled(records, FileFormat(kind="json-lines")).decode()


def _csv(records: Records, delimiter: str = ",", **dialect: Any) -> str:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter, **dialect).writerows(records)
    return text.getvalue()


def files(context: Context[Any], format_: FileFormat = PLAIN) -> st.SearchStrategy[bytes]:
    """Return a strategy of files for a context and a format; most are lists, with some rejected rows."""
    samples, writers = [Samples(context).values(number) for number in range(1, 9)], _writers(format_)
    usual = writers[:6] if format_.kind == "csv" else writers[:1]
    write, written = _mostly(st.sampled_from(usual), st.sampled_from(writers)), _in_format(context, format_)
    return st.builds(_damaged, st.builds(written, write, _headers(context), _rows(samples)), _DAMAGE)


def odd_values(context: Context[Any], format_: FileFormat = PLAIN) -> bytes:
    """Return a list with each odd value in each column; characters that the encoding lacks are question marks."""
    columns, samples = context.rows.columns, Samples(context)
    cases = [(column, value) for value in ODD for column in columns]
    rows = [{**samples.values(number), column: value} for number, (column, value) in enumerate(cases)]
    notations = context.rows.writers(format_)
    cells = ([notations.get(name, str)(text) for name, text in row.items()] for row in rows)
    records = [format_.names(columns), *cells]
    if format_.has_own_reader:
        return _placed(records, format_)
    if format_.kind == "json-lines":
        return _encoded(_objects(records), format_)
    return _encoded(_csv(records, format_.delimiter, quoting=csv.QUOTE_ALL), format_)


def _mostly(usual: st.SearchStrategy[Any], *others: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return a strategy that draws the usual values in four of five cases."""
    return st.integers(0, 4).flatmap(lambda number: st.one_of(*others) if number == 4 else usual)


def _headers(context: Context[Any]) -> st.SearchStrategy[list[str]]:
    columns, earlier = context.rows.columns, {new: old for old, new in context.rows.earlier_names.items()}
    odd = st.sampled_from([*columns, *(f" {name}\t" for name in columns), columns[0].upper(), "\x1fnote", ""])
    fewer, strange = st.lists(st.sampled_from(columns), unique=True, min_size=1), st.lists(odd, min_size=1, max_size=8)
    usual = [st.permutations([earlier.get(name, name) for name in columns])] if earlier else []
    return _mostly(st.one_of(st.permutations(columns), *usual), fewer, strange)


def _rows(samples: Sequence[Mapping[str, str]]) -> st.SearchStrategy[Sequence[Mapping[str, str]]]:
    good = st.sampled_from(samples)
    texts = st.one_of(st.sampled_from([*ODD, "\ufeffa"]), st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
    changes = st.dictionaries(st.sampled_from(list(samples[0])), texts, min_size=1, max_size=3)
    broken = st.builds(lambda row, changed: {**row, **changed}, good, changes)
    more = st.builds(lambda row, cell: {**row, "": cell}, good, texts)
    distinct = st.lists(good, unique_by=lambda row: next(iter(row.values())), min_size=3)
    mixed = st.lists(_mostly(good, broken, more), min_size=3, max_size=14)
    return st.one_of(distinct, mixed, mixed, st.lists(broken, max_size=2))


def _in_format(context: Context[Any], format_: FileFormat) -> Callable[..., bytes]:
    notations, earlier = context.rows.writers(format_), context.rows.earlier_names

    def written(write: Callable[[Records], bytes], header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> bytes:
        more = [[row[""]] if "" in row else [] for row in rows]
        cells = [
            [notations.get(name, str)(row.get(earlier.get(name, name.strip()), "x")) for name in header] for row in rows
        ]
        names = format_.names(header)
        return write([names, *(own + extra for own, extra in zip(cells, more, strict=True))])

    return written


_PLACES = st.floats(0, 1)
_BYTES = st.sampled_from(
    [b'"', b'""', b"\xff", b"\x80", b"\xed\xa0\x80", b"\r", b"\n", b",", b"\x00", b"\xc3", b"\xef\xbb\xbf"]
)
_DAMAGE = _mostly(st.none(), st.tuples(_PLACES, _BYTES), st.tuples(_PLACES, st.none()))
"""No damage, bytes at a place, or an end at a place."""


def _damaged(data: bytes, damage: tuple[float, bytes | None] | None) -> bytes:
    if damage is None:
        return data
    place = int(len(data) * damage[0])
    return data[:place] if damage[1] is None else data[:place] + damage[1] + data[place:]
