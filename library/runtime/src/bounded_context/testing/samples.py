"""Sample aggregates and lists of any context, generated from its fields, and partners' files in each format."""

import csv
import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Any, Final, Generic, TypeVar

from ..declaration.context import Context
from ..domain.aggregate import Aggregate
from ..domain.field_types import BY_KIND
from ..domain.fields import choices, kind_of
from ..domain.formats import PLAIN, FileFormat


def assembled(records: Iterable[Sequence[str]], format_: FileFormat = PLAIN) -> bytes:
    """Return records, of which the first is the header, as a file. The cells stay as they are."""
    text = _csv(records, format_.delimiter) if format_.kind == "csv" else _json_lines(records)
    data = text.encode(format_.encoding)
    return gzip.compress(data, mtime=0) if format_.compression == "gzip" else data


def _csv(records: Iterable[Sequence[str]], delimiter: str) -> str:
    text = StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(records)
    return text.getvalue()


def _json_lines(records: Iterable[Sequence[str]]) -> str:
    header, *rows = records
    return "".join(f"{json.dumps(dict(zip(header, cells, strict=False)), ensure_ascii=False)}\n" for cells in rows)


A = TypeVar("A", bound=Aggregate[Any, Any])

KNOWN: Final = ("ref-0", "ref-1", "ref-2")
"""The identities of the aggregates that samples reference."""

_NUMBERED: Final = {"identifier": "id-{n:06d}", "text": "text {n}", "decimal": "{n}.50", "int": "{n}"}
_BY_KIND: Final = {kind: field_type.sample for kind, field_type in BY_KIND.items()} | _NUMBERED


class Samples(Generic[A]):
    """The samples of a context. The n-th sample always has the same values, and its own identity."""

    def __init__(self, context: Context[A]) -> None:
        self._context = context

    def values(self, n: int = 1, **changes: str) -> dict[str, str]:
        """Return the n-th row's values as text, with the given changes.

        Fields with a default have a value too, except for fields of a type that the library does not know.

        Raises:
            LookupError: the library does not know the type of a field without a default, so its value must be passed.
        """
        rows = self._context.rows
        names = [name for name in rows.columns if name in changes or name not in rows.defaults or self._kind(name)]
        return {name: changes[name] if name in changes else self._value(name, n) for name in names} | changes

    def aggregate(self, n: int = 1, **changes: Any) -> A:
        """Return the n-th aggregate, just created; ``changes`` override its status, version or list."""
        kind = self._context.aggregate
        details: Any = kind.details_type.model_validate(self.values(n))
        changes.setdefault("status", self._context.initial_status)
        return kind(details, **changes)

    def file(
        self, rows: Iterable[Mapping[str, str]], columns: Sequence[str] | None = None, format_: FileFormat = PLAIN
    ) -> bytes:
        """Return rows of plain values as a partner's list with a header, in the partner's format."""
        columns = columns or self._context.rows.columns
        in_notation = self._context.rows.writers(format_)
        cells = ([in_notation.get(name, str)(row.get(name, "")) for name in columns] for row in rows)
        return assembled([format_.names(columns), *cells], format_)

    def projection(self) -> list[dict[str, str]]:
        """Return the table's items for the aggregates that samples reference."""
        return [
            {"pk": f"{aggregate.upper()}#{identity}"}
            for aggregate in self._context.referenced_kinds
            for identity in KNOWN
        ]

    def _value(self, field: str, n: int) -> str:
        if field in self._context.references:
            return KNOWN[n % len(KNOWN)]
        kind, values = self._kind(field), choices(self._context.details.model_fields[field])
        if values:
            return values[n % len(values)]
        if kind is None:
            raise LookupError(f"{field} is of none of the library's types: pass its value")
        return _BY_KIND[kind].format(n=n)

    def _kind(self, field: str) -> str | None:
        return kind_of(self._context.details.model_fields[field])
