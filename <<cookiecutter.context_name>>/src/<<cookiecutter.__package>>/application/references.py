"""Lists are held against the <<cookiecutter.__reference_snake>>s that this context knows: its projection of another context's events."""

from collections.abc import Collection
from typing import Protocol

from ..domain.references import REFERENCE
from ..domain.rows import Fault, Rejection
from .staging import StagedRow, identities
from .verification import RowsCheck


class References(Protocol):
    """What this context knows of what its aggregates refer to."""

    def known(self, identities: Collection[str]) -> set[str]:
        """Return those that exist; what is recorded as gone does not."""
        ...


def known_to(references: References) -> RowsCheck:
    """Return the check that each row refers to something that is known."""

    def check(rows: list[StagedRow], _list_id: str) -> list[Rejection]:
        known = references.known(set(identities(rows, REFERENCE)))
        return [_unknown(row) for row in rows if row.values[REFERENCE] not in known]

    return check


def _unknown(row: StagedRow) -> Rejection:
    return Rejection(row.line, REFERENCE, f"{row.values[REFERENCE]!r} is not known here", Fault.UNKNOWN)
