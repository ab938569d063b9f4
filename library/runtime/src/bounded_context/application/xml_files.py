"""The reader of XML files: a stream of elements, of which only the values of rows are kept."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Final, Protocol
from xml.parsers.expat import ErrorString, ExpatError, ParserCreate

from ..domain.aggregate import quoted
from ..domain.faults import ListFault
from ..domain.formats import FileFormat
from ..domain.places import COUNT, SUM, resolved
from ..domain.rows import Record, Unreadable
from .control import Control

PIECE_BYTES: Final = 64 * 1024
_MOST_TAG_BYTES: Final = 256 * 1024
"""A tag is kept until its end."""

_MOST_PATH: Final = 4096
_MOST_CHARACTERS: Final = 64 * 1024
_MOST_STATED: Final = 10_000
_MOST_DIGITS: Final = 60
_SEPARATOR: Final = " "
"""Between the namespace and the name of an element: no namespace contains it."""


class Bytes(Protocol):
    """A stream of bytes."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes, at most ``size``; empty at the end."""
        ...


class Elements:
    """A parser of a stream. Subclasses handle its elements, whose names have no namespace.

    A document type is refused, and with it each entity of the file: none can expand, and none can name another file.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._parser = ParserCreate(namespace_separator=_SEPARATOR)
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse_document_type
        self._parser.StartElementHandler = lambda name, attributes: self.start(local(name), attributes)
        self._parser.EndElementHandler = lambda name: self.end(local(name))
        self._parser.CharacterDataHandler = self.text
        self._size = 0

    def read(self, stream: Bytes) -> Iterator[None]:
        """Read a stream; yield after each piece.

        Raises:
            Unreadable: the file is not well-formed, has a document type, or has a tag without an end.
        """
        while data := stream.read(PIECE_BYTES):
            self._parse(data)
            self._size += len(data)
            if self._size - self._parser.CurrentByteIndex > _MOST_TAG_BYTES:
                raise Unreadable(
                    f"{self._file} has a tag that is longer than {_MOST_TAG_BYTES} bytes", ListFault.RECORD
                )
            yield
        self._parse(b"")
        yield

    def _parse(self, data: bytes) -> None:
        try:
            self._parser.Parse(data, not data)
        except ExpatError as error:
            place = f"at line {error.lineno}, character {error.offset + 1}"
            reason = f"{self._file} is no well-formed XML: {ErrorString(error.code)} {place}"
            raise Unreadable(reason, ListFault.STRUCTURE) from error

    def _refuse_document_type(self, *_: Any) -> None:
        raise Unreadable(f"{self._file} has a document type (DOCTYPE): remove it", ListFault.STRUCTURE)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Handle the beginning of an element."""

    def end(self, name: str) -> None:
        """Handle the end of an element."""

    def text(self, data: str) -> None:
        """Handle text."""


def local(name: str) -> str:
    """Return the name of an element or attribute without its namespace."""
    return name.rpartition(_SEPARATOR)[2]


def xml_records(content: Bytes, format_: FileFormat) -> Iterator[Record]:
    """Yield the header of a format, and the record of each element with the path ``record``, numbered from 1.

    Raises:
        Unreadable: the file is no well-formed XML, has a document type, or its own count or sum of rows is wrong.
    """
    yield Record(0, [*format_.columns])
    reader = _Rows(format_)
    for _ in reader.read(content):
        yield from reader.records
        reader.records.clear()
    reader.check()


class _Rows(Elements):
    """The rows of a document. ``records`` are those that are complete."""

    def __init__(self, format_: FileFormat) -> None:
        super().__init__("the file")
        self.records: list[Record] = []
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

    def end(self, name: str) -> None:  # noqa: ARG002
        path, texts = self._elements.pop()
        if texts is not None:
            self._take(path, "".join(texts))
        if path == self._record:
            self._add(self._cells or {})
            self._cells, self._characters = None, 0

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

    def _add(self, cells: dict[str, str]) -> None:
        values = self._around | cells
        record = Record(
            self._number, [] if self._fault else [values.get(name, "") for name in self._order], self._fault
        )
        self._control.add(record.cells)
        self.records.append(record)

    def check(self) -> None:
        """Compare the file's own count and sum with the rows. Raises Unreadable."""
        if not self._number:
            raise Unreadable(f"the file has no element {self._record}", ListFault.EMPTY)
        self._control.check(self._stated)
