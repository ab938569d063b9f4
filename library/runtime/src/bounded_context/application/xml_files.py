"""The reader of XML files: a stream of elements, of which only the values of rows are kept."""

from collections import defaultdict
from collections.abc import Iterator
from typing import IO, Any, Final
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

from ..domain.aggregate import quoted
from ..domain.faults import ListFault
from ..domain.formats import COUNT, SUM, FileFormat, resolved
from ..domain.rows import Record, Unreadable
from .control import Control

PIECE_BYTES: Final = 8 * 1024
"""The bytes that are parsed at once. With larger pieces, Python's memory management takes half of the time."""

_MOST_TAG_BYTES: Final = 256 * 1024
"""A tag is kept until its end."""

_MOST_PATH: Final = 4096
_MOST_CHARACTERS: Final = 64 * 1024
_MOST_STATED: Final = 10_000
_MOST_DIGITS: Final = 60
_SEPARATOR: Final = " "
"""Between the namespace and the name of an element: no namespace contains it."""


def elements(stream: IO[bytes], file: str) -> Iterator[tuple[str, Any]]:
    """Yield the name of each element with its attributes, and with None at its end. A text has no name.

    The names have no namespace. A document type is refused, and with it each entity of the file: none can expand, and
    none can name another file.

    Raises:
        Unreadable: the file is not well-formed, has a document type or an encoding that is not read, or an endless tag.
    """

    def refuse(*_: Any) -> None:
        raise Unreadable(f"{file} has a document type (DOCTYPE): remove it", ListFault.STRUCTURE)

    parser, events = ParserCreate(namespace_separator=_SEPARATOR), list[tuple[str, Any]]()
    parser.buffer_text, add = True, events.append
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: add((name.rpartition(_SEPARATOR)[2], attributes))
    parser.EndElementHandler = lambda name: add((name.rpartition(_SEPARATOR)[2], None))
    parser.CharacterDataHandler = lambda text: add(("", text))
    data, size = b" ", 0
    while data:
        data = stream.read(PIECE_BYTES)
        size += len(data)
        try:
            parser.Parse(data, not data)
        except ExpatError as error:
            place = f"at line {error.lineno}, character {error.offset + 1}"
            reason = f"{file} is no well-formed XML: {ErrorString(error.code)} {place}"
            raise Unreadable(reason, ListFault.STRUCTURE) from error
        except (LookupError, ValueError) as error:
            reason = f"{file} names an encoding that is not read: save it as UTF-8"
            raise Unreadable(reason, ListFault.STRUCTURE) from error
        if size - parser.CurrentByteIndex > _MOST_TAG_BYTES:
            raise Unreadable(f"{file} has a tag that is longer than {_MOST_TAG_BYTES} bytes", ListFault.RECORD)
        yield from events
        events.clear()


def local(name: str) -> str:
    """Return the name of an element or attribute without its namespace."""
    return name.rpartition(_SEPARATOR)[2]


def xml_records(content: IO[bytes], format_: FileFormat) -> Iterator[Record]:
    """Yield the header of a format, and the record of each element with the path ``record``, numbered from 1.

    Raises:
        Unreadable: the file is no well-formed XML, has a document type, or its own count or sum of rows is wrong.
    """
    yield Record(0, [*format_.columns])
    rows = _Rows(format_)
    for name, value in elements(content, "the file"):
        if value is None:
            if record := rows.end():
                yield record
        elif name:
            rows.start(name, value)
        else:
            rows.text(value)
    rows.check()


class _Rows:
    """The rows of a document."""

    def __init__(self, format_: FileFormat) -> None:
        self._record, self._control = format_.record, Control(format_)
        self._columns: dict[str, list[str]] = defaultdict(list)
        for column, place in format_.columns.items():
            self._columns[resolved(self._record, place)].append(column)
        self._order = [*format_.columns]
        self._places = {format_.control[name]: name for name in (COUNT, SUM) if name in format_.control}
        self._stated: dict[str, list[str]] = defaultdict(list)
        self._targets = {*self._columns, *self._places}
        self._with_attributes = {path.rpartition("/@")[0] for path in self._targets if "/@" in path}
        self._elements: list[tuple[str, list[str] | None]] = []
        self._cells: dict[str, str] | None = None
        self._around: dict[str, str] = {}
        self._fault, self._number, self._characters = "", 0, 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        path = f"{self._elements[-1][0]}/{name}" if self._elements else name
        if len(path) > _MOST_PATH:
            raise Unreadable("the elements of the file are nested too deeply", ListFault.RECORD)
        if path == self._record:
            self._cells, self._fault, self._characters = {}, "", 0
            self._number += 1
        elif self._around and self._record.startswith(f"{path}/"):
            self._forget(path)
        if path in self._with_attributes:
            for attribute, value in attributes.items():
                self._take(f"{path}/@{local(attribute)}", value)
        self._elements.append((path, [] if path in self._targets else None))

    def end(self) -> Record | None:
        path, texts = self._elements.pop()
        if texts is not None:
            self._take(path, "".join(texts))
        if path != self._record:
            return None
        values = self._around | (self._cells or {})
        cells = [] if self._fault else [values.get(name, "") for name in self._order]
        self._cells, self._characters = None, 0
        record = Record(self._number, cells, self._fault)
        self._control.add(record)
        return record

    def text(self, data: str) -> None:
        texts = self._elements[-1][1]
        if texts is None:
            return
        texts.append(data)
        self._characters += len(data)
        if self._characters > _MOST_CHARACTERS:
            reason = f"row {self._number} is longer than {_MOST_CHARACTERS} characters"
            raise Unreadable(reason, ListFault.RECORD)

    def _forget(self, path: str) -> None:
        """Forget the values of an element around rows, when another one begins."""
        for place, columns in self._columns.items():
            if place.startswith(f"{path}/"):
                self._around = {column: value for column, value in self._around.items() if column not in columns}

    def _take(self, path: str, value: str) -> None:
        value = value.strip()
        if name := self._places.get(path):
            self._stated[name].append(value[:_MOST_DIGITS])
            if len(self._stated[name]) > _MOST_STATED:
                raise Unreadable(f"the file has more than {_MOST_STATED} elements {path}", ListFault.CONTROL)
        cells = self._around if self._cells is None else self._cells
        for column in self._columns.get(path, ()):
            if column in cells and self._cells is None:
                raise Unreadable(f"{path} occurs twice before row {self._number + 1}", ListFault.RECORD)
            if column in cells:
                self._fault = f"the row has {quoted(path.removeprefix(self._record).strip('/'))} twice"
            cells[column] = value
        if self._cells is None:
            self._characters = 0

    def check(self) -> None:
        """Compare the file's own count and sum with the rows. Raises Unreadable."""
        if not self._number:
            raise Unreadable(f"the file has no element {self._record}", ListFault.EMPTY)
        self._control.check(self._stated)
