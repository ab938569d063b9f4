"""Queries: one aggregate by its identity, or pages of the aggregates of a list, in a status or with a value.

Members have names, and absent parameters are omitted: this version and a version with more parameters can read each
other's cursors.
"""

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Final, Generic, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from ..declaration.context import Context
from ..declaration.structure import INDEX_SHARDS
from ..domain.aggregate import Aggregate
from ..domain.fields import IDENTIFIER, Identifier
from .ports import Shards, Slice, StoredChildren

MOST: Final = 100
"""The maximum length of a page, and of one read of a shard."""

LONGEST_CURSOR: Final = 512
"""The maximum length in characters. A list id, a status, a shard and an identity take about half of that."""

Question = Mapping[str, str | None]
"""The parameters of a list query, by name; an absent parameter is None."""


class BadCursor(Exception):
    """The cursor is not from an answer to this query."""


@dataclass(frozen=True)
class Position:
    """A position between two aggregates of a shard: after ``after``, which is empty or a `Slice.last`."""

    shard: int
    after: str = ""


def cursor(question: Question, position: Position) -> str:
    """Return a position in the answer to a query as a text."""
    members = {"asked": _conditions(question), "shard": position.shard, "after": position.after}
    text = json.dumps(members, separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def position(question: Question, text: str, shards: int, *, ordered: bool = False) -> Position:
    """Return the position of a cursor of the same query. With an order, the position has a value and an identity.

    Raises:
        BadCursor: the text is not a cursor, or is of another query.
    """
    match _members(text):
        case {"asked": dict(conditions), "shard": int(shard), "after": str(after)} if _conditions(
            conditions
        ) == _conditions(question) and _is_place(shard, after, shards, 1 + ordered):
            return Position(shard, after)
        case _:
            raise BadCursor


def _conditions(question: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in question.items() if value is not None}


def _members(text: str) -> Any:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return json.loads(urlsafe_b64decode(padded))
    except (ValueError, RecursionError):
        return None


def _is_place(shard: int, after: str, shards: int, parts: int) -> bool:
    # In Python, True is an int.
    whole = not isinstance(shard, bool) and 0 <= shard < shards
    texts = after.split(" ") if after else []
    return whole and len(texts) in (0, parts) and all(re.fullmatch(IDENTIFIER, text) for text in texts)


A = TypeVar("A", bound=Aggregate[Any, Any])

_INDEXED: Final[Mapping[str, str]] = {"list": "list_id", "status": "status"}

LONGEST_VALUE: Final = 200
"""The maximum length of a text in characters (`bounded_context.domain.fields`)."""

READS: Final = 2 * INDEX_SHARDS
"""The maximum number of reads for one page: two for each shard."""


class ById(BaseModel):
    """The query for an aggregate. `by_id` returns a context's, whose only field is the identity."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    identity: ClassVar[str] = ""
    """The name of the field that holds the identity."""

    @property
    def id(self) -> str:
        """The requested identity."""
        return getattr(self, self.identity)


Limit = Annotated[int, Field(ge=1, le=MOST, description="The most that a page may have.")]
Cursor = Annotated[
    str | None, Field(min_length=1, max_length=LONGEST_CURSOR, description="The last page's next_cursor.")
]


class OfAggregate(ById):
    """The query for the children of an aggregate. `of_aggregate` returns a context's, with its identity."""

    limit: Limit = 50
    cursor: Cursor = None


Q = TypeVar("Q", bound=ById)


@cache
def by_id(context: Context[Any]) -> type[ById]:
    """Return the model of a context's query for an aggregate."""
    return _with_identity(context, ById)


@cache
def of_aggregate(context: Context[Any]) -> type[OfAggregate]:
    """Return the model of a context's queries for the children of an aggregate."""
    return _with_identity(context, OfAggregate)


def _with_identity(context: Context[Any], base: type[Q]) -> type[Q]:
    field: Any = {context.identity: (Identifier, ...)}
    model = create_model(base.__name__, __base__=base, __doc__=base.__doc__, **field)
    model.identity = context.identity
    return model


class Selection(BaseModel):
    """The list query: aggregates of a list, in a status or with a value, or with several of these conditions.

    `selection` returns a context's, with its statuses, its indexes, and the fields that have an index.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True, validate_by_name=True
    )

    list_id: str | None = Field(
        default=None, min_length=1, max_length=64, description="Only those that this list brought."
    )
    status: StrEnum | None = None
    limit: Limit = 50
    cursor: Cursor = None

    needed: ClassVar[tuple[str, ...]] = ()
    """The fields that have an index. The query needs at least one of them."""

    own: ClassVar[Mapping[str, str]] = {}
    """The stored fields that have an index, each with its attribute."""

    orders: ClassVar[Mapping[str, str]] = {}
    """The fields of the order, by the fields that have an index with an order."""

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if all(getattr(self, name) is None for name in self.needed):
            indexed = [name for name in _INDEXED.values() if getattr(self, name) is not None]
            because = f": there is no index by {indexed[0]} alone" if indexed else ""
            raise PydanticCustomError("selection", f"{' or '.join(self.needed)} is needed{because}")  # pyrefly: ignore[bad-argument-type] (names of fields only)
        return self

    @property
    def question(self) -> Question:
        """The parameters that a cursor belongs to. A value, which may be personal data, is replaced by its digest."""
        values = {self.own[name]: sha256(value.encode()).hexdigest()[:16] for name, value in self.values.items()}
        return {"list_id": self.list_id, "status": self.status and self.status.value, **values}

    @property
    def order(self) -> str | None:
        """The field whose values the pages are in the order of, or None for the order of the identities."""
        return next((self.orders.get(name) for name in self.values), None)

    @property
    def values(self) -> Mapping[str, str]:
        """The requested values, by field."""
        return {name: value for name in self.own if (value := getattr(self, name)) is not None}


@cache
def selection(context: Context[Any]) -> type[Selection]:
    """Return the model of a context's list query."""
    earlier = {name: old for old, name in context.earlier_names.items()}
    in_status = Field(default=None, description="Only those in this status.")
    fields: dict[str, Any] = {"status": (context.statuses | None, in_status)}
    for name in context.queried_fields:
        description = f"Only those that have this {name.replace('_', ' ')}."
        value = Field(min_length=1, max_length=LONGEST_VALUE, alias=earlier.get(name), description=description)
        fields[name] = (Annotated[str | None, value], None)
    model = create_model("Selection", __base__=Selection, __doc__=Selection.__doc__, **fields)
    model.needed = tuple(_INDEXED.get(key, key) for key in context.conditions)
    model.own = {name: context.attributes[name] for name in context.queried_fields}
    model.orders = {name: by.order for name, by in context.orders.items()}
    return model


@dataclass(frozen=True)
class Page(Generic[A]):
    """A page of a list query; ``next_cursor`` is None on the last page.

    Another page may have fewer aggregates than requested, or be empty.
    """

    aggregates: Sequence[A]
    next_cursor: str | None


def list_children(query: OfAggregate, child: str, stored: StoredChildren) -> dict[str, Any]:
    """Return a page of children as JSON values, in the order of their numbers.

    Raises:
        BadCursor: the cursor is not of this query.
        NotFound: no aggregate has that identity.
    """
    question = {"of": query.id, "child": child}
    after = position(question, query.cursor, 1).after if query.cursor is not None else "0"
    if not re.fullmatch("[0-9]{1,4}", after):
        raise BadCursor
    children, more = stored.read(query.id, child, int(after), query.limit)
    last = int(after) + query.limit
    return {"items": children, "next_cursor": cursor(question, Position(0, str(last))) if more else None}


def list_many(query: Selection, shards: Shards[A]) -> Page[A]:
    """Return a page: shard after shard, from the middle one, and in each by identity.

    Raises:
        BadCursor: the cursor is not of this query.
    """
    aggregates: list[A] = []
    place: Position | None = Position(_first(query, shards))
    if query.cursor is not None:
        place = position(query.question, query.cursor, _count(query, shards), ordered=query.order is not None)
    for _ in range(READS):
        if place is None or len(aggregates) == query.limit:
            break
        place = _read_on(query, place, shards, aggregates)
    return Page(aggregates, cursor(query.question, place) if place else None)


def _read_on(query: Selection, place: Position, shards: Shards[A], aggregates: list[A]) -> Position | None:
    """Add the results of the next read; return the position after it, or None at the end."""
    missing = query.limit - len(aggregates)
    slice_ = _slice(query, place, shards, missing)
    matching = [aggregate for aggregate in slice_.aggregates if _matches(aggregate, query)]
    aggregates += matching[:missing]
    if len(matching) > missing:
        return Position(place.shard, _last(aggregates[-1], query))
    if slice_.last is not None:
        return Position(place.shard, slice_.last)
    number = (place.shard + 1) % _count(query, shards)
    return None if number == _first(query, shards) else Position(number)


def _last(aggregate: Aggregate[Any, Any], query: Selection) -> str:
    return (f"{aggregate.field(query.order)} " if query.order else "") + aggregate.id


def _first(query: Selection, shards: Shards[Any]) -> int:
    """Return the shard with which a query begins.

    The second half comes first: an earlier version neither writes nor accepts it. During the release of this version, a
    page therefore ends in the first half, and either version reads on.
    """
    return _count(query, shards) // 2


def _count(query: Selection, shards: Shards[Any]) -> int:
    """Return the number of shards to read. The index of a field has no shards: its key is the field itself."""
    return 1 if query.values else shards.count


def _matches(aggregate: Aggregate[Any, Any], query: Selection) -> bool:
    matches = query.status in (None, aggregate.status) and query.list_id in (None, aggregate.list_id)
    return matches and all(aggregate.field(name) == value for name, value in query.values.items())


def _slice(query: Selection, place: Position, shards: Shards[A], missing: int) -> Slice[A]:
    # With several conditions, few aggregates of a read may match: longer reads need fewer requests.
    most = missing if sum(value is not None for value in query.question.values()) == 1 else MOST
    if query.values:
        name, value = next(iter(query.values.items()))
        return shards.with_value(name, value, place.after, most)
    if query.list_id is not None and "list_id" in query.needed:
        return shards.of_list(query.list_id, place.shard, place.after, most)
    return shards.in_status(cast("StrEnum", query.status), place.shard, place.after, most)
