"""The reader of text with columns of fixed width."""

from collections.abc import Iterable, Iterator
from typing import Final

from ..domain.aggregate import quoted
from ..domain.formats import FileFormat, span
from ..domain.rows import Record
from .control import Control

_SPACE: Final = " "


def fixed_records(lines: Iterable[Record], format_: FileFormat) -> Iterator[Record]:
    """Yield the header of a format, and the record of each line that is a row. The first cell of ``lines`` is a line.

    If ``control`` has the beginning of the ``first`` or the ``last`` line, that line is no row.

    Raises:
        Unreadable: the file has no rows, its first or last line is none of the format, or its own count or sum of rows
            is wrong.
    """
    yield Record(0, [*format_.columns])
    control, spans = Control(format_), [*map(span, format_.columns.values())]
    width = max(part.stop for part in spans)
    for line in control.rows_of(lines, _value):
        record = _record(line, format_, spans, width)
        control.add(record)
        yield record


def _value(line: Record, place: str) -> str:
    return line.cells[0].rstrip("\r\n")[span(place)].strip(_SPACE)


def _record(line: Record, format_: FileFormat, spans: list[slice], width: int) -> Record:
    """Return the record of a line. Spaces around a value are no part of it, and may follow the last column."""
    text, mark = line.cells[0].rstrip("\r\n"), format_.record
    if not text.startswith(mark):
        begins = f"the line begins with {quoted(text[: len(mark)])}"
        return Record(line.line, [], f"{begins}, and a row with {quoted(mark)}")
    if len(text) < width or text[width:].strip(_SPACE):
        return Record(line.line, [], f"the line has {len(text)} characters, and a row has {width}")
    return Record(line.line, [text[part].strip(_SPACE) for part in spans])
