"""One rule for a text or a number of each type, in each reader: CSV, JSON lines, and the body of a request."""

from collections.abc import Callable
from io import BytesIO
from typing import Any, Final

import pytest
from pydantic import ValidationError

from bounded_context import Timestamp, WholeNumber
from bounded_context.application.checking import ListFile
from bounded_context.domain.fields import Decimal2, as_stored
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.rows import Unreadable
from bounded_context.handlers._requests import Refused, parsed
from bounded_context.testing import InMemorySeenIds
from tests.things import context_of

CONTEXT: Final = context_of({"at": (Timestamp, ...), "size": (WholeNumber, ...), "share": (Decimal2, ...)})
GOOD: Final = {"at": '"2026-01-31T12:00:00Z"', "size": "1", "share": "0.10"}
"""JSON values by field."""


def _list(data: str, format_: FileFormat) -> dict[str, Any] | None:
    [checked] = ListFile(BytesIO(data.encode()), CONTEXT.rows, InMemorySeenIds(), format_).checked()
    return as_stored(dict(checked.rows[0].details)) if checked.rows else None


def _csv(values: dict[str, str]) -> dict[str, Any] | None:
    lines = [["thing_id", *values], ["id-1", *(value.strip('"') for value in values.values())]]
    return _list("".join(f"{','.join(cells)}\n" for cells in lines), PLAIN)


def _object(values: dict[str, str]) -> str:
    members = {"thing_id": '"id-1"', **values}
    return "{" + ", ".join(f'"{name}": {value}' for name, value in members.items()) + "}"


def _json_lines(values: dict[str, str]) -> dict[str, Any] | None:
    return _list(_object(values), FileFormat(kind="json-lines"))


def _request(values: dict[str, str]) -> dict[str, Any] | None:
    try:
        return as_stored(dict(CONTEXT.details.model_validate(parsed(_object(values)))))
    except ValidationError:
        return None


READERS: Final[tuple[Callable[..., Any], ...]] = (_csv, _json_lines, _request)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("quotes", ["", '"'])
@pytest.mark.parametrize(
    ("field", "text", "stored"),
    [
        ("size", "15", 15),
        ("size", "15.0", None),
        ("size", "1e2", None),
        ("size", "1.5e1", None),
        ("share", "15", "15"),
        ("share", "15.10", "15.10"),
        ("share", "1.5e1", None),
        ("share", "1e2", None),
        ("share", "1E+2", None),
        ("share", "0e0", None),
        ("share", "1.00e0", None),
    ],
)
def test_a_number_has_no_exponent_in_any_reader(read: Any, quotes: str, field: str, text: str, stored: Any):
    """A number of JSON counts as it is written, and as its text."""
    values = read(GOOD | {field: f"{quotes}{text}{quotes}"})
    assert (values and values[field]) == stored


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("end", "stored"),
    [
        ("Z", "Z"),
        (".1Z", ".100000Z"),
        (".100Z", ".100000Z"),
        (".000000Z", "Z"),
        ("+00:00", "Z"),
        ("-00:00", "Z"),
        ("+01:00", "+01:00"),
        (".1-01:00", ".100000-01:00"),
        ("", None),
        (".Z", None),
        (".1234567Z", None),
        ("-24:00", None),
    ],
)
def test_a_time_has_one_stored_form_in_each_reader(read: Any, end: str, stored: str | None):
    """`-00:00` means the same as `Z` (RFC 9557, section 2.2)."""
    values = read(GOOD | {"at": f'"2026-01-31T12:00:00{end}"'})
    assert (values and values["at"]) == (stored and f"2026-01-31T12:00:00{stored}")


@pytest.mark.parametrize("read", READERS[1:])
@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_constants_of_python_are_no_json(read: Any, constant: str):
    with pytest.raises((Unreadable, Refused)):
        read(GOOD | {"share": constant})
