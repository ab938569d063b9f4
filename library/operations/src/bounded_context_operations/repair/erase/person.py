"""The person's data in documents and files: rows, items, events, answers."""

import codecs
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO, Final, cast

from boto3.dynamodb.types import TypeSerializer

from bounded_context.application.detection import detected, json_members
from bounded_context.application.reading import GZIP, HEAD_BYTES, FileSource, marked
from bounded_context.domain.field_types import BY_KIND
from bounded_context.domain.formats import FileFormat
from bounded_context.domain.rows import Record, Unreadable

from ..report import no_identity

_JSON = ("{", "[")

ERASED: Final = BY_KIND["text"].erased
"""The value of a text with a person's data after the erasure."""

OfObject = Callable[[dict[str, Any]], dict[str, Any]]


def mapped(document: Any, of_object: OfObject) -> Any:
    """Return a document with the result of `of_object` in place of each object, inner objects first."""
    match document:
        case str():
            return mapped_text(document, of_object)
        case list():
            return [mapped(member, of_object) for member in document]
        case dict():
            return of_object({name: mapped(value, of_object) for name, value in document.items()})
    return document


def mapped_text(text: str, of_object: OfObject) -> str:
    """Return the text of a document as `mapped` does; a text that is no JSON, or does not change, as it is."""
    try:
        new_document = mapped(document := parsed(text), of_object)
        return text if new_document == document else json.dumps(new_document)
    except RecursionError:
        return text


def parsed(text: str) -> Any:
    """Return the object or array that a text contains as JSON, or None."""
    try:
        return json.loads(text) if text.lstrip().startswith(_JSON) else None
    except (ValueError, RecursionError):
        return None


def opened(value: Any) -> Any:
    """Return the object or array that a value contains as JSON text, or the value."""
    document = parsed(value) if isinstance(value, str) else None
    return value if document is None else document


_VALUE: Final = re.compile(r"[0-9.,:/+-]*|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.]+(Z|[0-9:+-]+)?")
"""A number or a time: its digits are no identity."""

_ESCAPE: Final = "\\u00"
"""The beginning of a letter, digit or dash as an escape of JSON."""

_QUOTED: Final = re.compile(r"(unknown|repeated): '|header: \{\"(?!column )")
"""A list's reason with cells of its first line, as versions before 0.4.0 wrote it."""


@dataclass(frozen=True)
class Person:
    """The aggregate whose personal data is erased.

    `field` is the name of the identity. `erased` has the JSON value of each personal field after the erasure.
    """

    field: str
    id: str
    erased: Mapping[str, Any]

    def masked(self, document: Any) -> Any:
        """Return a JSON document in which each object with the identity has no personal data.

        Also masks JSON that is a text in the document, and attributes of DynamoDB (``{"S": "text"}``).
        """
        return mapped(document, self._masked_object)

    def masked_text(self, text: str) -> str:
        """Return the masked text of a JSON document; a text that is no JSON, or has no personal data, as it is."""
        return mapped_text(text, self._masked_object) if self.id in text or _ESCAPE in text else text

    def is_outside(self, document: Any) -> bool:
        """Return whether a document names the identity outside of the aggregate's own objects.

        An object around an own object, such as an event or a record of the stream, may name the identity. A document
        that is nested too deeply counts as one that names it.
        """
        try:
            return self._names(document)
        except RecursionError:
            return True

    def _names(self, document: Any) -> bool:
        match opened(document):
            case str() as text:
                return self.is_named_in(text)
            case list() as members:
                return any(map(self._names, members))
            case {"N": str(), **others} if not others:
                return False
            case dict() as json_object if self._is_own(json_object):
                return False
            case dict() as json_object if self._surrounds(json_object):
                return any(self._names(member) for member in json_object.values() if isinstance(opened(member), list))
            case dict() as json_object:
                return any(map(self._names, (*json_object, *json_object.values())))
        return False

    def _is_own(self, json_object: Mapping[str, Any]) -> bool:
        return json_object.get(self.field) in (self.id, {"S": self.id})

    def _surrounds(self, json_object: Mapping[str, Any]) -> bool:
        inner = (member for member in map(opened, json_object.values()) if isinstance(member, dict))
        return any(self._is_own(member) or self._surrounds(member) for member in inner)

    def is_named_in(self, text: str) -> bool:
        """Return whether a text is the identity, or contains it as a whole word and is neither a number nor a time."""
        return text == self.id or (self.id in text and not _VALUE.fullmatch(text) and bool(self.word.search(text)))

    @cached_property
    def word(self) -> re.Pattern[str]:
        """The identity as a whole word, also after an escape of JSON such as a line break."""
        return re.compile(rf"(?:(?<![A-Za-z0-9._-])|(?<=\\[bfnrt])){re.escape(self.id)}(?![A-Za-z0-9_-])")

    def _masked_object(self, json_object: dict[str, Any]) -> dict[str, Any]:
        own = json_object.get(self.field)
        if own == self.id:
            return json_object | {name: value for name, value in self.erased.items() if name in json_object}
        if own == {"S": self.id}:
            return self._masked_item(json_object)
        return self._masked_list(json_object) if own is None and "list_id" in json_object else json_object

    def _masked_list(self, json_object: dict[str, Any]) -> dict[str, Any]:
        """Return a list's record or event without its reason if the reason names the identity, or quotes any row."""
        match json_object.get("reason"):
            case str() as reason if self._quotes(reason):
                return json_object | {"reason": ERASED}
            case {"S": str() as reason} if self._quotes(reason):
                return json_object | {"reason": {"S": ERASED}}
        return json_object

    def _quotes(self, reason: str) -> bool:
        return self.is_named_in(reason) or bool(_QUOTED.search(reason))

    def _masked_item(self, item: dict[str, Any]) -> dict[str, Any]:
        """Return an item without personal data. An item has no attribute for None."""
        attributes = {name: value for name, value in item.items() if name not in self.erased}
        values = {name: value for name, value in self.erased.items() if name in item and value is not None}
        return attributes | {name: TypeSerializer().serialize(value) for name, value in values.items()}


UNKNOWN: Final = 0
"""The line of a row in a file that cannot be read as a list."""

_LAYERS: Final = 8
"""The maximum number of compressions, one in another, that are unpacked."""

_ROW_ESCAPE: Final = re.compile(rb"\\+u00([0-7][0-9A-Fa-f])")
_LONGEST: Final = 4 * 6 * 66
"""The bytes of the longest identity and its neighbours as escapes of JSON, in UTF-32."""

_CONTROL: Final = bytes({*range(32)} - {*b"\t\n\v\f\r\x1a"})
_BINARY: Final = 1000
"""A block with more than one control character for this number of bytes is no text."""

_ARMOURED: Final = b"-----BEGIN"
"""The beginning of an encrypted file that is text (RFC 9580, "Forming ASCII Armor")."""


@dataclass
class Search:
    """The result of the search of a file.

    `lines` are the lines of the person's rows. `outside` is whether other text names the identity. `unread` is the
    reason why the file, or a part of it, cannot be searched; empty if all is searched.
    """

    lines: set[int] = field(default_factory=set[int])
    outside: bool = False
    unread: str = ""


def search(person: Person, read: Callable[[], BinaryIO]) -> Search:
    """Search a file for the person's rows, in constant memory. `read` returns its bytes, which may be read twice."""
    mentions = _mentions(person, read())
    return _rows(person, read(), mentions.unread) if mentions.outside else mentions


def search_as(person: Person, read: Callable[[], BinaryIO], format_: FileFormat) -> Search:
    """Search a file of a partner whose format has the places of columns, as `search` does.

    The whole text is searched too, unless all of it is rows. Text outside of the columns names the identity only.
    """
    result, header, whole = Search(), None, True
    try:
        for record in FileSource(read()).records(format_):
            header = header or [*map(format_.column, record.cells)]
            whole = whole and not record.fault
            _judge(person, header, record, result)
    except Unreadable:
        whole = False
    has_other_text = format_.kind == "xml" or (format_.control and format_.kind != "xlsx")
    if whole and (result.lines or not has_other_text):
        return result
    by_text = search(person, read)
    if whole:
        return Search(outside=result.outside or by_text.outside or bool(by_text.lines), unread=by_text.unread)
    return Search(result.lines | by_text.lines, result.outside or by_text.outside, by_text.unread)


def _mentions(person: Person, body: BinaryIO) -> Search:
    """Search a file for the identity in any text, compressed or not. The result has no lines."""
    result, rest = Search(), b"\n"
    try:
        source = _unpacked(body)
        is_text = marked(source.head) == "utf-16" or source.head.startswith(codecs.BOM_UTF32_BE)
        if source.head.startswith(_ARMOURED):
            result.unread = "it is encrypted"
        for block in _blocks(source):
            rest += block
            result.outside = result.outside or _is_named(person, rest, at_end=not block)
            if not is_text and _is_binary(block):
                result.unread = "it is no text, such as an archive or a workbook"
            rest = rest[-_LONGEST:]
    except Unreadable as error:
        # A compressed file whose end is lost has no more rows.
        result.outside = result.outside or _is_named(person, rest, at_end=True)
        if not isinstance(error.__cause__, EOFError):
            result.unread = result.unread or error.reason
    return result


def _rows(person: Person, body: BinaryIO, unread: str) -> Search:
    result, header = Search(unread=unread), None
    try:
        source = _unpacked(body)
        for record in source.records(detected(source.head)[0]):
            cells = [cell.replace("\0", "").strip() for cell in record.cells]
            header = cells if header is None else header
            _judge(person, header, Record(record.line, cells), result)
    except Unreadable:
        result.lines.add(UNKNOWN)
    return result


class _Single(RawIOBase):
    """Unpacked bytes, of which a read returns those of a single read: an error at a later place loses none of them."""

    def __init__(self, content: "BufferedReader[RawIOBase]") -> None:
        self._content = content

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # pyrefly: ignore[bad-override] (the caller passes a memoryview)
        return self._content.readinto1(buffer)


def _unpacked(body: BinaryIO) -> FileSource:
    source = FileSource(body)
    for _ in range(_LAYERS - 1):
        if not source.head.startswith(GZIP):
            break
        source = FileSource(cast("BinaryIO", _Single(source.content())))
    return source


def _blocks(source: FileSource) -> Iterator[bytes]:
    """Yield the bytes of a file, and an empty block at its end."""
    content = source.content()
    while block := content.read1(HEAD_BYTES):
        yield block
    yield b""


def _is_named(person: Person, data: bytes, *, at_end: bool) -> bool:
    """Return whether bytes name the identity, in any encoding that contains ASCII: UTF-16 and UTF-32 add zeros."""
    plain = data.replace(b"\0", b"")
    if b"\\u00" in plain:
        plain = _ROW_ESCAPE.sub(lambda escape: bytes([int(escape[1], 16)]), plain)
    if person.id.encode() not in plain:
        return False
    text = plain.decode("latin-1")
    # A word at an edge may be a part of a longer word: the previous or the next block decides.
    return any(word.start() > 0 and (at_end or word.end() < len(text)) for word in person.word.finditer(text))


def _is_binary(block: bytes) -> bool:
    return (len(block) - len(block.translate(None, _CONTROL))) * _BINARY > len(block)


def _judge(person: Person, header: list[str], record: Record, result: Search) -> None:
    """Add a record to the result. In an odd row, any cell with the identity makes the row the person's."""
    cells, own = record.cells, None
    if len(cells) == 1 and (members := json_members(cells[0])) is not None:
        values = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in members]
        cells, own = [text for member in values for text in member], dict(values).get(person.field)
    elif person.field in header and len(header) == len(cells):
        own = cells[header.index(person.field)]
    if not any(map(person.is_named_in, cells)):
        return
    # Without an identity in its column, the columns of the row are swapped.
    if own is None or own == person.id or no_identity(own):
        result.lines.add(record.line)
    else:
        result.outside = True
