"""The check of a list's references to other contexts' aggregates, by the projection of their events."""

from collections.abc import Sequence
from typing import Any

from ..domain.faults import Fault
from ..domain.rows import Rejection
from .ports import References
from .staging import TypedRow, identities
from .verification import RowsCheck


def known_to(references: References, field: str) -> RowsCheck[Any]:
    """Return the check that the reference of each row in a field is known; an empty reference is valid."""

    def check(rows: Sequence[TypedRow[Any]], _list_id: str) -> list[Rejection]:
        referring = [row for row in rows if row.values[field] is not None]
        known = references.known(set(identities(referring, field)))
        return [_unknown(row, field) for row in referring if row.values[field] not in known]

    return check


def _unknown(row: TypedRow[Any], field: str) -> Rejection:
    return Rejection(row.line, field, f"{row.values[field]!r} is not known here", Fault.UNKNOWN)
