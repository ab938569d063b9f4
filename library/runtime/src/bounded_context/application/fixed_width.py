"""The reader of text with columns of fixed width."""

from collections.abc import Iterable, Iterator
from typing import Final

from ..domain.aggregate import quoted
from ..domain.faults import ListFault
from ..domain.formats import COUNT, FIRST, LAST, SUM, FileFormat, span
from ..domain.rows import Record, Unreadable
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
    control, spans, remaining = Control(format_), [*map(span, format_.columns.values())], iter(lines)
    width = max(part.stop for part in spans)
    others = {FIRST: next(remaining, None)} if FIRST in format_.control else {}
    held: Record | None = None
    for line in remaining:
        if LAST in format_.control:
            line, held = held, line
        if line:
            record = _record(line, format_, spans, width)
            control.add(record.cells)
            yield record
    others |= {LAST: held} if LAST in format_.control else {}
    texts = {name: _checked(name, line, format_.control[name]) for name, line in others.items()}
    places = {name: format_.control[name].split(_SPACE) for name in (COUNT, SUM) if name in format_.control}
    control.check({name: [texts[line][span(place)].strip(_SPACE)] for name, (line, place) in places.items()})


def _checked(name: str, line: Record | None, mark: str) -> str:
    text = line.cells[0].rstrip("\r\n") if line else ""
    if line and text.startswith(mark):
        return text
    reason = f"the {name} line does not begin with {quoted(mark)}"
    raise Unreadable(reason, ListFault.CONTROL, line.line if line else 0)


def _record(line: Record, format_: FileFormat, spans: list[slice], width: int) -> Record:
    """Return the record of a line. Spaces around a value are no part of it, and may follow the last column."""
    text, mark = line.cells[0].rstrip("\r\n"), format_.record
    if not text.startswith(mark):
        begins = f"the line begins with {quoted(text[: len(mark)])}"
        return Record(line.line, [], f"{begins}, and a row with {quoted(mark)}")
    if len(text) < width or text[width:].strip(_SPACE):
        return Record(line.line, [], f"the line has {len(text)} characters, and a row has {width}")
    return Record(line.line, [text[part].strip(_SPACE) for part in spans])
