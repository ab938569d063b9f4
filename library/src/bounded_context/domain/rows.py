"""The rows of a list: their columns, their validation and their rejections."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from .aggregate import Details
from .faults import Fault
from .fields import defaults, description_of
from .reasons import enumerated, shown

# pydantic does not apply the setting of the items to the list.
_HIDING = ConfigDict(hide_input_in_errors=True)


class Record(NamedTuple):
    """A record of the file: the line on which it starts, counted from 1, and its cells."""

    line: int
    cells: list[str]


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
    """The file as a whole cannot be read as a list. The message is the reason, in words for the partner."""


@dataclass(frozen=True)
class Checked:
    """The result of a check of records: each is one row or has at least one rejection."""

    rows: list[Row]
    rejections: list[Rejection]


def rejected_rows(rejections: Sequence[Rejection]) -> Counter[Fault]:
    """Count the rows of sorted rejections by fault; a row with several faults counts once, for the first."""
    first = {rejection.line: rejection.fault for rejection in reversed(rejections)}
    return Counter(first.values())


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

    @cached_property
    def _adapter(self) -> TypeAdapter[list[Details]]:
        return TypeAdapter(list[self._details], config=_HIDING)  # pyright: ignore[reportInvalidTypeForm]

    @property
    def identity(self) -> str:
        """The column that holds the identity."""
        return self._details.identity

    @property
    def smallest_row(self) -> int:
        """The size of the smallest good row in bytes: a separator or line end per required column, and an identity."""
        return len(self.columns_with(default=False)) + 1

    def check_header(self, cells: Sequence[str]) -> tuple[str, ...]:
        """Return the column names, in the file's order.

        Raises:
            Unreadable: a column without a default is missing, or a column is unknown or repeated.
        """
        names, required = tuple(cell.strip() for cell in cells), self.columns_with(default=False)
        found = {
            "missing": set(required) - set(names),
            "unknown": set(names) - set(self.columns),
            "repeated": {name for name, times in Counter(names).items() if times > 1},
        }
        wrong = [f"{fault}: {enumerated([*map(shown, sorted(cells))])}" for fault, cells in found.items() if cells]
        if not wrong:
            return names
        may = f" and may name {','.join(self.columns_with(default=True))}" if self.defaults else ""
        # A long reason is cut at its end: the columns to change come first.
        raise Unreadable(f"columns are {'; '.join(wrong)}. The first line must name {','.join(required)}{may}")

    def columns_with(self, *, default: bool) -> tuple[str, ...]:
        """Return the columns with a default, which a file may omit, or the required columns, in their order."""
        return tuple(name for name in self.columns if (name in self.defaults) is default)

    def check(self, header: tuple[str, ...], records: Sequence[Record]) -> Checked:
        """Sort records into good rows and rejections, in one pass of pydantic."""
        width = len(header)
        ragged = [_ragged(record, width) for record in records if len(record.cells) != width]
        whole = [record for record in records if len(record.cells) == width] if ragged else records
        values = [dict(zip(header, record.cells, strict=True)) for record in whole]
        self._leave_out_empty(header, values)
        return self._validated([record.line for record in whole], values, ragged)

    def read_staged(self, lines: Sequence[int], staged: Sequence[dict[str, Any]]) -> Checked:
        """Sort staged rows, completed by ``completed``, into typed rows and rejections, in one pass of pydantic.

        Another version may have staged the rows. Names that this version does not have are ignored.
        """
        known = self._details.model_fields.keys()
        values = [row if row.keys() <= known else {name: row[name] for name in known & row.keys()} for row in staged]
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
        rows = [Row(lines[index], found) for index, found in zip(good, details, strict=True)]
        rejections = [self._rejection(lines[int(problem["loc"][0])], problem) for problem in problems]
        return Checked(rows, ragged + rejections)

    def _rejection(self, line: int, problem: ErrorDetails) -> Rejection:
        field = next(map(str, problem["loc"][1:]), "")
        if not field:
            # The error of a validator of the whole model: its message contains the expectation.
            return Rejection(line, field, problem["msg"].removeprefix("Value error, "), Fault.VALUE)
        if problem["type"] == "missing":
            return Rejection(line, field, "it is missing", Fault.VALUE)
        expected = description_of(self._details.model_fields[field])
        return Rejection(line, field, f"{shown(problem['input'])}: expected {expected}", Fault.VALUE)

    def staged(self, details: Iterable[Details]) -> bytes:
        """Return details as a JSON array of objects, amounts and days as strings."""
        return self._adapter.dump_json(list(details))

    def completed(self, values: dict[str, Any]) -> dict[str, Any]:
        """Add the missing defaults to a staged row, and return it. The previous version staged rows without them."""
        for name, default in self.defaults.items():
            if values.get(name) is None:
                values[name] = default
        return values


def _ragged(record: Record, width: int) -> Rejection:
    reason = f"the row has {len(record.cells)} cells, and the header has {width}"
    return Rejection(record.line, "", reason, Fault.CELLS)
