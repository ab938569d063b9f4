"""The files that a partner would send, in the partner's format."""

import csv
import gzip
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import Final

from ..application.control import COUNT, SUM
from ..application.fixed_width import FIRST, LAST, span
from ..domain.formats import PLAIN, FileFormat


def assembled(records: Iterable[Sequence[str]], format_: FileFormat = PLAIN) -> bytes:
    """Return records, of which the first is the header, as a file. The cells stay as they are."""
    text = _TEXTS[format_.kind](records, format_)
    data = text.encode(format_.encoding)
    return gzip.compress(data, mtime=0) if format_.compression == "gzip" else data


def _csv(records: Iterable[Sequence[str]], format_: FileFormat) -> str:
    text = StringIO(newline="")
    csv.writer(text, delimiter=format_.delimiter).writerows(records)
    return text.getvalue()


def _json_lines(records: Iterable[Sequence[str]], _: FileFormat) -> str:
    header, *rows = records
    return "".join(f"{json.dumps(dict(zip(header, cells, strict=False)), ensure_ascii=False)}\n" for cells in rows)


def _fixed(records: Iterable[Sequence[str]], format_: FileFormat) -> str:
    header, *rows = records
    columns = format_.columns
    lines = [
        _filled(
            format_.record, {columns[name]: cell for name, cell in zip(header, row, strict=False) if name in columns}
        )
        + "".join(row[len(header) :])
        for row in rows
    ]
    stated = control_of([dict(zip(header, row, strict=False)) for row in rows], format_)
    for end, add in ((FIRST, partial(lines.insert, 0)), (LAST, lines.append)):
        own = {name: form.split() for name, form in format_.control.items() if name in stated}
        if end in format_.control:
            values = {place: stated[name] for name, (line, place) in own.items() if line == end}
            add(_filled(format_.control[end], values))
    return "".join(f"{line}\n" for line in lines)


def _filled(line: str, values: Mapping[str, str]) -> str:
    """Return a line with values at their places. Raises ValueError for a value that is wider than its place."""
    for place, value in values.items():
        part = span(place)
        if len(value) > part.stop - part.start:
            raise ValueError(f"{value!r} is wider than the characters {place}")
        line = line.ljust(part.stop)
        line = line[: part.start] + value.ljust(part.stop - part.start) + line[part.stop :]
    return line


def control_of(rows: Sequence[Mapping[str, str]], format_: FileFormat) -> dict[str, str]:
    """Return the count and the sum of rows that a format has, in its notation."""
    notation = format_.notations.get(Decimal)
    plain, written = (notation.plain, notation.written) if notation else (str, str)
    numbers = [plain(row.get(format_.control.get("of", ""), "")) for row in rows]
    total = sum((Decimal(number) for number in numbers if _NUMBER.fullmatch(number)), Decimal())
    stated = {COUNT: str(len(rows)), SUM: written(f"{total:f}")}
    return {name: text for name, text in stated.items() if name in format_.control}


_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
_TEXTS: Final[Mapping[str, Callable[[Iterable[Sequence[str]], FileFormat], str]]] = {
    "csv": _csv,
    "json-lines": _json_lines,
    "fixed": _fixed,
}
