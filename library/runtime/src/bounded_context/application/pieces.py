"""The pieces of a file in a partner's format: the base of the writers of all kinds, and the writer of JSON lines."""

import gzip
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from ..domain.formats import FIRST, LAST, FileFormat

_CODECS: Final = {"utf-16": "utf-16-le"}


class Unwritable(ValueError):
    """A row that the partner's format cannot express; the message has the row, the fault and the remedy."""


class Writer:
    """The writer of a file. Each result is a piece of the file. The pieces, in their order, are the file.

    ``state`` is the state after the last piece: the writer of another call continues with it.
    """

    refused: tuple[str, re.Pattern[str]] = ("", re.compile("[^\0-\U0010ffff]"))
    """The kind of files in words, and the characters that it cannot have."""

    def __init__(self, names: Sequence[str], format_: FileFormat) -> None:
        self._names, self._format = names, format_
        self.state: Sequence[int] = ()

    def beginning(self, stated: Mapping[str, str]) -> bytes:
        """Return the beginning of a file, with the file's own count and sum if they are ``stated``."""
        # The pieces after the first have no byte order mark.
        mark = "\ufeff" if self._format.encoding == "utf-16" else ""
        return self._packed(self._encoded(mark + self._part(FIRST, stated)))

    def rows(self, rows: Iterable[tuple[str, Sequence[Any]]]) -> bytes:
        """Return rows, each with its key and its cells. Raises Unwritable."""
        pieces = []
        for key, cells in rows:
            try:
                pieces.append(self._encoded(self._row(cells)))
            except UnicodeEncodeError as error:
                raise Unwritable(f"{key}: {self._fault(cells, error)}") from error
            except Unwritable as fault:
                raise Unwritable(f"{key}: {fault}") from fault
        return self._packed(b"".join(pieces))

    def end(self, stated: Mapping[str, str]) -> bytes:
        """Return the end of a file, with the file's own count and sum. Raises Unwritable."""
        return self._packed(self._encoded(self._part(LAST, stated)))

    def _fault(self, cells: Sequence[Any], error: UnicodeEncodeError) -> str:
        character, form = error.object[error.start], self._format.encoding.upper() if error.reason else error.encoding
        names = (name for name, cell in zip(self._names, cells, strict=False) if character in str(cell))
        name = next(names, "the row")
        fault = f"{self._format.column(name)} has the character U+{ord(character):04X}, which {form} lacks"
        return f"{fault}: correct the value, or agree on another encoding or kind of files with the partner"

    def _encoded(self, text: str) -> bytes:
        form, characters = self.refused
        if match := characters.search(text):
            raise UnicodeEncodeError(form, text, *match.span(), "")
        return text.encode(_CODECS.get(self._format.encoding, self._format.encoding))

    def _packed(self, data: bytes) -> bytes:
        # A piece is a member of the gzip file (RFC 1952, section 2.2).
        return gzip.compress(data, mtime=0) if data and self._format.compression == "gzip" else data

    def _part(self, part: str, stated: Mapping[str, str]) -> str:  # noqa: ARG002
        """Return the text before the first row, or after the last."""
        return ""

    def _row(self, cells: Sequence[Any]) -> str:
        return f"{json.dumps(dict(zip(self._names, cells, strict=False)), ensure_ascii=False)}\n"


def around(part: str, stated: Mapping[str, Any], format_: FileFormat, names: Sequence[str]) -> Iterator[Sequence[Any]]:
    """Yield the rows of a table before its rows of data, or after them: its line of the part, and the header."""
    if part in format_.control:
        places = {1: format_.control[part]}
        for name, value in stated.items():
            line, column = format_.control[name].split()
            places |= {int(column): value} if line == part else {}
        yield [places.get(column) for column in range(1, max(places) + 1)]
    if part == FIRST and names:
        yield names


def plain(cell: Any) -> str:
    """Return a cell as text."""
    return "" if cell is None else str(cell).lower() if isinstance(cell, bool) else str(cell)
