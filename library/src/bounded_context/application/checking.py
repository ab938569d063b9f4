"""The check of a partner's file: from a stream of bytes to rows and rejections, in constant memory and without AWS."""

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from itertools import chain
from typing import BinaryIO, NamedTuple

from ..domain.faults import Fault, ListFault
from ..domain.formats import MOST_BYTES, PLAIN, Difference, FileFormat
from ..domain.rows import Checked, Record, Rejection, Row, Rows, Unreadable, unexpected
from . import json_lines
from .detection import differences
from .ports import SeenIds
from .reading import ROWS_AT_ONCE, Source, chunks


class ListFile:
    """A partner's file as a list of a context.

    Args:
        stream: the file's bytes.
        form: the rows of the context.
        seen: an empty store of identities.
        format_: the partner's format.
        max_bytes: the maximum size, unpacked.
    """

    def __init__(
        self, stream: BinaryIO, form: Rows, seen: SeenIds, format_: FileFormat = PLAIN, max_bytes: int = MOST_BYTES
    ) -> None:
        self._source = Source(stream, max_bytes)
        self._form = form
        self._seen = seen
        self._format = format_

    def checked(self) -> Iterator[Checked]:
        """Yield the rows and the rejections of each thousand records.

        Raises:
            Unreadable: the file cannot be read as a list, with the settings that would accept it.
        """
        try:
            yield from self._checked()
        except Unreadable as found:
            raise Unreadable(found.reason, found.fault, found.line, self._with(found.differences)) from found

    @cached_property
    def differences(self) -> Sequence[Difference]:
        """The settings that differ from the format of the beginning of the file."""
        return differences(self._source.head, self._form, self._format)

    def _with(self, found: Sequence[Difference]) -> Sequence[Difference]:
        known = {difference.member for difference in found}
        return [*found, *(difference for difference in self.differences if difference.member not in known)]

    def _checked(self) -> Iterator[Checked]:
        records = self._source.records(self._format)
        first = next(records, None)
        if first is None:
            raise Unreadable("the file is empty", ListFault.EMPTY)
        header, rows = self._began(first, records)
        check, rows_read = self._check(header), False
        for chunk in chunks(rows, ROWS_AT_ONCE):
            yield self._without_repeated(check(chunk))
            rows_read = True
        if not rows_read:
            raise Unreadable("the file has a header and no rows", ListFault.EMPTY)

    def _began(self, first: Record, others: Iterator[Record]) -> tuple[tuple[str, ...], Iterator[Record]]:
        """Return the names of the columns, and the records of rows."""
        try:
            if self._format.kind == "csv":
                return self._form.check_header(first.cells, self._format), others
            self._check_members(first)
        except Unreadable as error:
            raise Unreadable(error.reason, error.fault, first.line) from error
        return self._form.columns, chain([first], others)

    def _check_members(self, first: Record) -> None:
        """Refuse the file if the names of its first object are no columns."""
        members = json_lines.members(first.cells[0])
        if members is None:
            raise Unreadable("the line is no JSON object", ListFault.HEADER)
        names = [name for name, _ in members]
        if not set(map(self._format.column, names)) <= set(self._form.columns):
            self._form.check_header(names, self._format)

    def _check(self, header: tuple[str, ...]) -> Callable[[list[Record]], Checked]:
        """Return the check of records: of the plain format, without a step of its own."""
        notations = _notations(header, self._form, self._format)
        plain = (lambda chunk: _checked(self._form, header, notations, chunk)) if notations else None
        check = plain or (lambda chunk: self._form.check(header, chunk))
        return check if self._format.kind == "csv" else (lambda chunk: self._check_objects(chunk, check))

    def _check_objects(self, lines: list[Record], check: Callable[[list[Record]], Checked]) -> Checked:
        found = [json_lines.record(line, self._form.columns, self._format) for line in lines]
        checked = check([record for record in found if isinstance(record, Record)])
        rejected = [rejection for rejection in found if isinstance(rejection, Rejection)]
        return Checked(checked.rows, checked.rejections + rejected)

    def _without_repeated(self, checked: Checked) -> Checked:
        first = self._seen.first_lines([(row.details.id, row.line) for row in checked.rows])
        if not first:
            return checked
        repeated = [self._repeated(row, first[row.line]) for row in checked.rows if row.line in first]
        return Checked([row for row in checked.rows if row.line not in first], checked.rejections + repeated)

    def _repeated(self, row: Row, first: int) -> Rejection:
        return Rejection(
            row.line, self._form.identity, f"{row.details.id!r} is on line {first} already", Fault.REPEATED
        )


class _Column(NamedTuple):
    """A column whose values have another notation, by its place in a record."""

    place: int
    plain: Callable[[str], str]
    expected: str


def _notations(header: Sequence[str], form: Rows, format_: FileFormat) -> dict[str, _Column]:
    return {
        name: _Column(header.index(name), notation.plain, form.expected_in(format_, name))
        for kind, notation in format_.notations.items()
        for name in form.of_type(kind)
        if name in header
    }


def _checked(form: Rows, header: tuple[str, ...], columns: dict[str, _Column], chunk: list[Record]) -> Checked:
    """Check records with values in other notations. A rejection quotes the value as the partner has written it."""
    found = form.check(header, [_plain(record, columns, len(header)) for record in chunk])
    if not found.rejections:
        return found
    written = {record.line: record.cells for record in chunk}
    return Checked(found.rows, [_as_written(rejection, columns, written) for rejection in found.rejections])


def _plain(record: Record, columns: dict[str, _Column], width: int) -> Record:
    if len(record.cells) != width:
        return record
    cells = [*record.cells]
    for column in columns.values():
        cells[column.place] = column.plain(cells[column.place])
    return Record(record.line, cells)


def _as_written(rejection: Rejection, columns: dict[str, _Column], written: dict[int, list[str]]) -> Rejection:
    if (column := columns.get(rejection.field)) is None:
        return rejection
    return rejection._replace(reason=unexpected(written[rejection.line][column.place], column.expected))
