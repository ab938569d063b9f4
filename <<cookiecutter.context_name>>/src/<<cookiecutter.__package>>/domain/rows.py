"""The rows of a list: which columns they have, which are good, and what is wrong with the others."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from pydantic import ConfigDict, TypeAdapter, ValidationError

from .model import <<cookiecutter.context_name>>Details

COLUMNS = tuple(<<cookiecutter.context_name>>Details.model_fields)
# Long enough to recognise a value, short enough to keep a report readable.
_SHOWN = 40
# The list's own: those of its items do not count for it.
_DETAILS = TypeAdapter(list[<<cookiecutter.context_name>>Details], config=ConfigDict(hide_input_in_errors=True))


class Record(NamedTuple):
    """One record of the file as it was read: the line it starts on, counted from 1, and its cells."""

    line: int
    cells: list[str]


class Row(NamedTuple):
    """A good row, and the line it came from."""

    line: int
    details: <<cookiecutter.context_name>>Details


class Fault(StrEnum):
    """What kind of fault a row has, for those who count: the report says the same in words, with the value."""

<% for fault in cookiecutter.verification | faults %>
    <<fault | upper>> = "<<fault>>"
<% endfor %>


class Rejection(NamedTuple):
    """Why a row is not taken. ``field`` is empty if the row as a whole is at fault."""

    line: int
    field: str
    reason: str
    fault: Fault


class Unreadable(Exception):
    """The file as a whole is no list: the message says why, in words for the partner."""


@dataclass(frozen=True)
class Checked:
    """What became of some records: each is one row or has at least one rejection."""

    rows: list[Row]
    rejections: list[Rejection]


def rejected_rows(rejections: Sequence[Rejection]) -> Counter[Fault]:
    """Count the rows of sorted rejections by their faults; a row with several counts once, for its first."""
    first = {rejection.line: rejection.fault for rejection in reversed(rejections)}
    return Counter(first.values())


def check_header(cells: Sequence[str]) -> tuple[str, ...]:
    """Return the column names, in the file's order.

    Raises:
        Unreadable: a column is missing, unknown or there twice.
    """
    names = tuple(cell.strip() for cell in cells)
    if sorted(names) == sorted(COLUMNS):
        return names
    wrong = [("missing", sorted(set(COLUMNS) - set(names))), ("unknown", sorted(set(names) - set(COLUMNS)))]
    wrong.append(("repeated", sorted({name for name in names if names.count(name) > 1})))
    details = "; ".join(f"{what}: {', '.join(map(_shown, found))}" for what, found in wrong if found)
    raise Unreadable(f"the first line must name the columns {','.join(COLUMNS)} ({details})")


def check(header: tuple[str, ...], records: Sequence[Record]) -> Checked:
    """Sort records into good rows and rejections, one pass of pydantic over all of them."""
    width = len(header)
    ragged = [_ragged(record, width) for record in records if len(record.cells) != width]
    whole = [record for record in records if len(record.cells) == width] if ragged else records
    values = [dict(zip(header, record.cells, strict=True)) for record in whole]
    try:
        details = _DETAILS.validate_python(values)
    except ValidationError as error:
        return _sorted_out(whole, values, error, ragged)
    return Checked([Row(record.line, good) for record, good in zip(whole, details, strict=True)], ragged)


def _sorted_out(
    records: Sequence[Record], values: list[dict[str, str]], error: ValidationError, ragged: list[Rejection]
) -> Checked:
    problems = error.errors(include_url=False, include_context=False)
    bad = {int(problem["loc"][0]) for problem in problems}
    good = [index for index in range(len(values)) if index not in bad]
    details = _DETAILS.validate_python([values[index] for index in good])
    rows = [Row(records[index].line, found) for index, found in zip(good, details, strict=True)]
    rejections = [_rejection(records, problem["loc"], problem["input"]) for problem in problems]
    return Checked(rows, ragged + rejections)


def _rejection(records: Sequence[Record], loc: tuple[int | str, ...], value: object) -> Rejection:
    index, field = int(loc[0]), str(loc[1])
    return Rejection(records[index].line, field, f"{_shown(value)}: {expected(field)}", Fault.VALUE)


def _ragged(record: Record, width: int) -> Rejection:
    reason = f"the row has {len(record.cells)} cells, and the header has {width}"
    return Rejection(record.line, "", reason, Fault.CELLS)


def expected(field: str) -> str:
    """Return what a field takes, as a phrase that begins with "expected"."""
    return f"expected {<<cookiecutter.context_name>>Details.model_fields[field].description}"


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")


def staged(details: Iterable[<<cookiecutter.context_name>>Details]) -> bytes:
    """Return details as a JSON array of objects, amounts and days as strings."""
    return _DETAILS.dump_json(list(details))


def from_values(values: list[dict[str, Any]]) -> list[<<cookiecutter.context_name>>Details]:
    """Read details from JSON values.

    Raises:
        pydantic.ValidationError: a value is not what its field takes.
    """
    return _DETAILS.validate_python(values)
