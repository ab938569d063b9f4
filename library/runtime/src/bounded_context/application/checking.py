"""The check of a partner's file: from a stream of bytes to rows and rejections, in constant memory and without AWS."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import BinaryIO, Generic, NamedTuple, Protocol, TypeVar

from ..domain.faults import Fault, ListFault
from ..domain.formats import MOST_BYTES, PLAIN, Difference, FileFormat
from ..domain.lists import FileRange
from ..domain.rows import Checked, Record, Rejection, Row, Rows, Unreadable, rejected_rows, unexpected
from .detection import differences, json_members, json_record
from .ports import SeenIds
from .reading import ROWS_AT_ONCE, FileSource, chunks, continued_records, marked
from .staging import Staging


class ListFile:
    """A partner's file as a list of a context, from its beginning.

    Args:
        stream: the file's bytes.
        form: the rows of the context.
        seen_ids: an empty store of identities.
        format_: the partner's format.
        max_bytes: the maximum size, unpacked.
        place: the first range of the file, if only its rows are read.
    """

    def __init__(
        self,
        stream: BinaryIO,
        form: Rows,
        seen_ids: SeenIds,
        format_: FileFormat = PLAIN,
        max_bytes: int = MOST_BYTES,
        place: FileRange | None = None,
    ) -> None:
        self._source = FileSource(stream, max_bytes)
        self._form = form
        self._format = form.read_as(format_)
        self._place = place
        self._check = RecordCheck(form, seen_ids, format_)

    def checked(self) -> Iterator[Checked]:
        """Yield the rows and the rejections of each thousand records.

        Raises:
            Unreadable: the file cannot be read as a list, with its differences from the format. A refusal of a range
                has none.
            Misfit: the range ends inside a quoted cell.
        """
        try:
            yield from self._checked()
        except Unreadable as refusal:
            if self._place:
                raise
            raise self.refusal(refusal) from refusal

    def header(self) -> tuple[tuple[str, ...], int]:
        """Return the names of the columns, and the first line of the first record. Nothing else can be read then.

        Raises:
            Unreadable: the file cannot be read as a list, with its differences from the format.
        """
        try:
            first = self._first(self._source.records(self._format))
            return self._columns(first), first.line
        except Unreadable as refusal:
            raise self.refusal(refusal) from refusal

    def refusal(self, error: Unreadable) -> Unreadable:
        """Return a refusal of the file with its differences from the format."""
        return Unreadable(error.reason, error.fault, error.line, self._with(error.differences))

    @cached_property
    def differences(self) -> Sequence[Difference]:
        """The differences of the beginning of the file from the format."""
        return differences(self._source.head, self._form, self._format, self._check.rejections)

    def _with(self, detected: Sequence[Difference]) -> Sequence[Difference]:
        # A byte order mark contradicts the encoding of a single line.
        detected = () if marked(self._source.head) else detected
        members = {difference.member for difference in detected}
        return [*detected, *(difference for difference in self.differences if difference.member not in members)]

    def _checked(self) -> Iterator[Checked]:
        records = self._source.records(self._format, self._place)
        first = self._first(records)
        header, rows_read = self._columns(first), False
        # The first object of JSON lines is a row.
        rows = chain([first], records) if self._format.has_objects else records
        for checked in self._check.checked(header, rows):
            yield checked
            rows_read = True
        if not rows_read and self._place is None:
            raise no_rows()

    def _first(self, records: Iterator[Record]) -> Record:
        first = next(records, None)
        if first is None:
            raise Unreadable("the file is empty", ListFault.EMPTY)
        return first

    def _columns(self, first: Record) -> tuple[str, ...]:
        """Return the names of the columns."""
        try:
            if not self._format.has_objects:
                return self._form.check_header(first.cells, self._format)
            self._check_members(first)
        except Unreadable as error:
            raise Unreadable(error.reason, error.fault, first.line) from error
        return self._form.columns

    def _check_members(self, first: Record) -> None:
        """Refuse the file if the names of its first object are no columns."""
        members = json_members(first.cells[0])
        if members is None:
            raise Unreadable("the line is no JSON object", ListFault.HEADER)
        names = [name for name, _ in members]
        if not set(map(self._format.column, names)) <= set(self._form.columns):
            self._form.check_header(names, self._format)


def no_rows() -> Unreadable:
    """Return the refusal of a file without rows."""
    return Unreadable("the file has a header and no rows", ListFault.EMPTY)


def checked_range(
    stream: BinaryIO, form: Rows, seen_ids: SeenIds, format_: FileFormat, place: FileRange
) -> Iterator[Checked]:
    """Yield the rows and the rejections of each thousand records of a range that is not the first.

    Raises:
        Unreadable: the file cannot be read as a list.
        Misfit: the range ends inside a quoted cell.
    """
    check, columns = RecordCheck(form, seen_ids, format_), form.columns_of(place.columns)
    return check.checked(columns, continued_records(stream, format_, place))


class RecordCheck:
    """The check of the records of rows.

    Args:
        form: the rows of the context.
        seen_ids: the store of the identities so far.
        format_: the partner's format.
    """

    def __init__(self, form: Rows, seen_ids: SeenIds, format_: FileFormat) -> None:
        self._form = form
        self._seen = seen_ids
        self._format = form.read_as(format_)

    def checked(self, header: tuple[str, ...], records: Iterator[Record]) -> Iterator[Checked]:
        """Yield the rows and the rejections of each thousand records."""
        check = self._check(header)
        for chunk in chunks(records, ROWS_AT_ONCE):
            yield self._without_repeated(check(chunk))

    def rejections(self, format_: FileFormat, header: Sequence[str], records: list[Record]) -> Sequence[Rejection]:
        """Return the rejections of records in a format, under the given columns."""
        return self._cells(tuple(header), format_)(records).rejections

    def _cells(self, header: tuple[str, ...], format_: FileFormat) -> Callable[[list[Record]], Checked]:
        """Return the check of records' cells: of the plain format, without a step of its own."""
        notations = _notations(header, self._form, format_)
        plain = (lambda chunk: _checked(self._form, header, notations, chunk)) if notations else None
        return plain or (lambda chunk: self._form.check(header, chunk))

    def _check(self, header: tuple[str, ...]) -> Callable[[list[Record]], Checked]:
        check = self._cells(header, self._format)
        return (lambda chunk: self._check_objects(chunk, check)) if self._format.has_objects else check

    def _check_objects(self, lines: list[Record], check: Callable[[list[Record]], Checked]) -> Checked:
        results = [json_record(line, self._form.columns, self._format) for line in lines]
        checked = check([record for record in results if isinstance(record, Record)])
        rejected = [rejection for rejection in results if isinstance(rejection, Rejection)]
        return Checked(checked.rows, checked.rejections + rejected)

    def _without_repeated(self, checked: Checked) -> Checked:
        first = self._seen.first_lines([(row.details.id, row.line) for row in checked.rows])
        if not first:
            return checked
        repeated = [
            repetition(self._form, row.details.id, row.line, first[row.line])
            for row in checked.rows
            if row.line in first
        ]
        return Checked([row for row in checked.rows if row.line not in first], checked.rejections + repeated)


def repetition(form: Rows, identity: str, line: int, first: int) -> Rejection:
    """Return the rejection of a row whose identity is on an earlier line."""
    return Rejection(line, form.identity, f"{identity!r}{already_on(first)}", Fault.REPEATED)


def already_on(line: int) -> str:
    """Return the end of the reason to reject a repeated identity, whose first line this is."""
    return f" is on line {line} already"


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
    checked = form.check(header, [_plain(record, columns, len(header)) for record in chunk])
    if not checked.rejections:
        return checked
    cells = {record.line: record.cells for record in chunk}
    return Checked(checked.rows, [_as_written(rejection, columns, cells) for rejection in checked.rejections])


def _plain(record: Record, columns: dict[str, _Column], width: int) -> Record:
    if len(record.cells) != width:
        return record
    cells = [*record.cells]
    for column in columns.values():
        cells[column.place] = column.plain(cells[column.place])
    return Record(record.line, cells)


def _as_written(rejection: Rejection, columns: dict[str, _Column], cells: dict[int, list[str]]) -> Rejection:
    if (column := columns.get(rejection.field)) is None:
        return rejection
    return rejection._replace(reason=unexpected(cells[rejection.line][column.place], column.expected))


class Rejections(Protocol):
    """A collector of rejections."""

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Add the sorted rejections of some rows."""
        ...


C = TypeVar("C", bound=Rejections)


@dataclass
class FilePass(Generic[C]):
    """The results of a pass so far; full parts are already written.

    ``rows`` counts the rows, and ``rejected`` the rejected rows by fault. ``lines`` are the first and the last line of
    each part.
    """

    form: Rows
    staging: Staging
    part_rows: int
    report: C
    rows: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    lines: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def __post_init__(self) -> None:
        self._buffer: list[Row] = []

    def take(self, checked: Checked) -> None:
        """Add checked rows."""
        self.rows += checked.count
        rejections = sorted(checked.rejections)
        self.report.add(rejections)
        self.rejected.update(rejected_rows(rejections))
        self._buffer += checked.rows
        while len(self._buffer) >= self.part_rows:
            self._flush()

    def finish(self) -> None:
        """Write the last part."""
        if self._buffer:
            self._flush()

    def _flush(self) -> None:
        rows = self._buffer[: self.part_rows]
        self.staging.write_part(rows, self.form)
        self.lines.append((rows[0].line, rows[-1].line))
        del self._buffer[: self.part_rows]
