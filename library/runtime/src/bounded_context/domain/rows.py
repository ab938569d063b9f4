"""The rows of a list: their columns, their validation and their rejections."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from .aggregate import Details, enumerated, quoted
from .faults import Fault, ListFault
from .fields import defaults, description_of
from .formats import FIRST, PLAIN, Difference, FileFormat

# pydantic does not apply the setting of the items to the list.
_HIDING = ConfigDict(hide_input_in_errors=True)


class Record(NamedTuple):
    """A record of the file: the line on which it starts, counted from 1, and its cells.

    A record with a ``fault``, the reason to reject it, has no cells.
    """

    line: int
    cells: list[str]
    fault: str = ""


class Row(NamedTuple):
    """A good row, and its line in the file."""

    line: int
    details: Details


class Rejection(NamedTuple):
    """The reason why a row is rejected. ``field`` is empty if the row as a whole is at fault.

    ``rule`` is the code of the refusal, such as ``payment-too-large``, if a rule of the context refused the row.
    """

    line: int
    field: str
    reason: str
    fault: Fault
    rule: str = ""

    @property
    def code(self) -> str:
        """The code in the report, for programs: the code of the refusal, or the fault."""
        return self.rule or self.fault.value


class Unreadable(Exception):
    """The file as a whole cannot be read as a list. The message is the reason, in words for the partner.

    ``line`` is the line of the fault, or 0. ``differences`` are those from the partner's format.
    """

    def __init__(self, reason: str, fault: ListFault, line: int = 0, differences: Sequence[Difference] = ()) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.fault = fault
        self.line = line
        self.differences = differences


@dataclass(frozen=True)
class Checked:
    """The result of a check of records: each is one row or has at least one rejection."""

    rows: list[Row]
    rejections: list[Rejection]

    @property
    def count(self) -> int:
        """The number of the records."""
        return len(self.rows) + len({rejection.line for rejection in self.rejections})


def rejected_rows(rejections: Sequence[Rejection]) -> Counter[str]:
    """Count the rows of sorted rejections by fault; a row with several faults counts once, for the first."""
    first = {rejection.line: rejection.fault for rejection in reversed(rejections)}
    return Counter(map(str, first.values()))


class Rows:
    """The validation of a context's rows: each becomes the details of an aggregate.

    ``columns`` are the names of all columns, in their order. ``defaults`` are the default values, as JSON, of the
    optional columns. An empty cell of an optional column has the default too.

    Args:
        details: the model of a row; its fields are the columns.
    """

    def __init__(self, details: type[Details]) -> None:
        self._details = details
        self.columns = tuple(details.model_fields)
        self.defaults = defaults(details)
        self.earlier_names = details.earlier_names
        self._stored = details.stored_names
        self._names = {attribute: name for name, attribute in self._stored.items()}

    @cached_property
    def _adapter(self) -> TypeAdapter[list[Details]]:
        return TypeAdapter(list[self._details], config=_HIDING)

    @property
    def identity(self) -> str:
        """The column that holds the identity."""
        return self._details.identity

    @property
    def smallest_row(self) -> int:
        """The size of the smallest good row in bytes: a separator or line end per required column, and an identity."""
        return len(self.columns_with(default=False)) + 1

    def check_header(self, cells: Sequence[str], format_: FileFormat = PLAIN) -> tuple[str, ...]:
        """Return the column names, in the file's order.

        Raises:
            Unreadable: a column without a default is missing, or a column is unknown or repeated. The reason has the
                places of columns, since the first line of a file without a header is a row.
        """
        names, required = tuple(map(format_.column, cells)), self.columns_with(default=False)
        noun, must = ("member", "object must have") if format_.has_objects else ("column", "line must name")
        place = "second" if FIRST in format_.control else "first"
        faults = {
            "missing": [quoted(name) for name in sorted(format_.names(set(required) - set(names)))],
            "unknown": _places(noun, names, lambda name: name not in self.columns),
            "repeated": _places(noun, names, lambda name: names.count(name) > 1),
        }
        wrong = [f"{fault}: {enumerated(texts)}" for fault, texts in faults.items() if texts]
        if not wrong:
            return names
        optional = format_.names(self.columns_with(default=True))
        may = f" and may name {','.join(optional)}" if optional else ""
        # A long reason is cut at its end: the columns to change come first.
        reason = f"{noun}s are {'; '.join(wrong)}. The {place} {must} {','.join(format_.names(required))}{may}"
        raise Unreadable(reason, ListFault.HEADER)

    def columns_with(self, *, default: bool) -> tuple[str, ...]:
        """Return the columns with a default, which a file may omit, or the required columns, in their order."""
        return tuple(name for name in self.columns if (name in self.defaults) is default)

    def check(self, header: tuple[str, ...], records: Sequence[Record]) -> Checked:
        """Sort records into good rows and rejections, in a single pass of pydantic."""
        width = len(header)
        ragged = [_ragged(record, width) for record in records if len(record.cells) != width]
        whole = [record for record in records if len(record.cells) == width] if ragged else records
        values = [dict(zip(header, record.cells, strict=True)) for record in whole]
        self._leave_out_empty(header, values)
        return self._validated([record.line for record in whole], values, ragged)

    def read_staged(self, lines: Sequence[int], staged: Sequence[dict[str, Any]]) -> Checked:
        """Sort staged rows, completed by ``completed``, into typed rows and rejections, in a single pass of pydantic.

        Another version may have staged the rows. Names that this version does not have are ignored.
        """
        names, plain = self._names, self._names.keys() if self._names.keys() == self._stored.keys() else frozenset()
        values = [
            row if row.keys() <= plain else {names[name]: row[name] for name in names.keys() & row.keys()}
            for row in staged
        ]
        return self._validated(lines, values, [])

    def _validated(self, lines: Sequence[int], values: list[dict[str, Any]], ragged: list[Rejection]) -> Checked:
        try:
            details = self._adapter.validate_python(values)
        except ValidationError as error:
            return self._sorted_out(lines, values, error, ragged)
        return Checked(list(map(Row, lines, details)), ragged)

    def _leave_out_empty(self, header: tuple[str, ...], values: list[dict[str, str]]) -> None:
        # By column: a file without optional columns takes no time here.
        for name in (column for column in header if column in self.defaults):
            for row in values:
                if not row[name]:
                    del row[name]

    def _sorted_out(
        self, lines: Sequence[int], values: list[dict[str, Any]], error: ValidationError, ragged: list[Rejection]
    ) -> Checked:
        problems = error.errors(include_url=False, include_context=False)
        bad = {int(problem["loc"][0]) for problem in problems}
        good = [index for index in range(len(values)) if index not in bad]
        details = self._adapter.validate_python([values[index] for index in good])
        rows = [Row(lines[index], detail) for index, detail in zip(good, details, strict=True)]
        rejections = [self._rejection(lines[int(problem["loc"][0])], problem) for problem in problems]
        return Checked(rows, ragged + rejections)

    def _rejection(self, line: int, problem: ErrorDetails) -> Rejection:
        field = next(map(str, problem["loc"][1:]), "")
        if not field:
            # The error of a validator of the whole model: its message contains the expectation.
            return Rejection(line, field, problem["msg"].removeprefix("Value error, "), Fault.VALUE)
        if problem["type"] == "missing":
            return Rejection(line, field, "it is missing", Fault.VALUE)
        return Rejection(line, field, unexpected(problem["input"], self.expected(field)), Fault.VALUE)

    def of_type(self, kind: type) -> tuple[str, ...]:
        """Return the columns with values of a Python type, also of ``Decimal | None``, in their order."""
        return tuple(name for name, field in self._details.model_fields.items() if kind in types_of(field.annotation))

    def writers(self, format_: FileFormat) -> dict[str, Callable[[str], str]]:
        """Return the functions that write plain values in the format's notation, by each name of their columns."""
        own = {name: notation.written for kind, notation in format_.notations.items() for name in self.of_type(kind)}
        return own | {old: own[name] for old, name in self.earlier_names.items() if name in own}

    def expected(self, column: str) -> str:
        """Return the text that completes "expected ..." for a column."""
        return description_of(self._details.model_fields[column]) or ""

    def expected_in(self, format_: FileFormat, column: str) -> str:
        """Return the text that completes "expected ..." for a column in the format's notation."""
        notations = [notation for kind, notation in format_.notations.items() if column in self.of_type(kind)]
        return notations[0].described(self.expected(column)) if notations else self.expected(column)

    def staged(self, details: Iterable[Details]) -> bytes:
        """Return details as a JSON array of objects, amounts and days as strings."""
        return self._adapter.dump_json(list(details), by_alias=True)

    def completed(self, values: dict[str, Any]) -> dict[str, Any]:
        """Add the missing defaults to a staged row, and return it. The previous version staged rows without them."""
        for name, default in self.defaults.items():
            if values.get(self._stored[name]) is None:
                values[self._stored[name]] = default
        return values

    def of_lists(self, format_: FileFormat, others: Iterable[str] = ()) -> FileFormat:
        """Return a partner's format of lists, by the current names of columns.

        It has no places of fields that only exports have, except those of ``others``.
        """
        names = {**{name: name for name in (*self.columns, *others)}, **self.earlier_names}
        header = {name: names.get(column, column) for name, column in format_.header.items()}
        columns = {names[name]: place for name, place in format_.columns.items() if name in names}
        control = {key: names.get(text, text) if key == "of" else text for key, text in format_.control.items()}
        return replace(format_, header=header, columns=columns, control=control)

    def read_as(self, format_: FileFormat) -> FileFormat:
        """Return a partner's format of lists, whose header may also have the earlier names of columns."""
        format_ = self.of_lists(format_)
        own = {**{name: name for name in self.columns}, **format_.header} if self.earlier_names else format_.header
        return replace(format_, header={**self.earlier_names, **own})

    def stored_columns(self, columns: Iterable[str]) -> tuple[str, ...]:
        """Return columns as every version knows them: by the names of their attributes."""
        return tuple(self._stored[column] for column in columns)

    def columns_of(self, stored: Iterable[str]) -> tuple[str, ...]:
        """Return the columns of stored names. A name of another version stays."""
        return tuple(self._names.get(name, name) for name in stored)


def unexpected(value: object, expected: str) -> str:
    """Return the reason to reject a value."""
    return f"{quoted(value)}: expected {expected}"


def _places(noun: str, names: Sequence[str], is_wrong: Callable[[str], bool]) -> list[str]:
    return [f"{noun} {place}" for place, name in enumerate(names, 1) if is_wrong(name)]


def types_of(annotation: Any) -> set[Any]:
    """Return the types of an annotation: of ``Annotated[Decimal, ...] | None`` as well."""
    return {annotation}.union(
        *map(types_of, get_args(annotation)[: 1 if get_origin(annotation) is Annotated else None])
    )


def _ragged(record: Record, width: int) -> Rejection:
    reason = f"the row has {len(record.cells)} cells, and the header has {width}"
    return Rejection(record.line, "", record.fault or reason, Fault.CELLS)
