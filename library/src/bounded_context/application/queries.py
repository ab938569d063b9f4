"""What callers may ask: one aggregate by its identity, or those of a list, in a status, with a value, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Annotated, Any, ClassVar, Final, Generic, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from ..context import Context
from ..domain.aggregate import Aggregate
from ..domain.fields import Identifier
from . import paging
from .paging import LONGEST_CURSOR, MOST, Position, Question
from .ports import Aggregates, Shards, Slice

A = TypeVar("A", bound=Aggregate[Any, Any])

_INDEXED: Final[Mapping[str, str]] = {"list": "list_id", "status": "status"}

LONGEST_VALUE: Final = 200
"""Characters of a text (`bounded_context.domain.fields`)."""

READS: Final = 32
"""How often a shard is read for one page, at most: twice for each of 16."""


class ById(BaseModel):
    """The question for one aggregate. `by_id` returns a context's, whose one field is the identity."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    identity: ClassVar[str] = ""
    """The name of the field that holds the identity."""

    @property
    def id(self) -> str:
        """The identity that is asked for."""
        return getattr(self, self.identity)


@cache
def by_id(context: Context[Any]) -> type[ById]:
    """Return the question for one aggregate of a context."""
    field: Any = {context.identity: (Identifier, ...)}
    model = create_model("ById", __base__=ById, __doc__=ById.__doc__, **field)
    model.identity = context.identity
    return model


class Selection(BaseModel):
    """The question for those of a list, in a status, or with a value, or for those of which several of these are true.

    `selection` returns a context's, which knows its statuses and indexes, and the fields that have one.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    list_id: str | None = Field(default=None, min_length=1, max_length=64)
    status: StrEnum | None = None
    limit: int = Field(default=50, ge=1, le=MOST)
    cursor: str | None = Field(default=None, min_length=1, max_length=LONGEST_CURSOR)

    needed: ClassVar[tuple[str, ...]] = ()
    """The fields that there is an index of, one of which must be asked for."""

    own: ClassVar[tuple[str, ...]] = ()
    """Those of them that are fields of the details."""

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if all(getattr(self, name) is None for name in self.needed):
            asked = [name for name in _INDEXED.values() if getattr(self, name) is not None]
            because = f": there is no index by {asked[0]} alone" if asked else ""
            raise PydanticCustomError("selection", f"{' or '.join(self.needed)} is needed{because}")  # pyright: ignore[reportArgumentType]
        return self

    @property
    def question(self) -> Question:
        """What a cursor must have been given for; of a value, which may be about a person, its digest."""
        values = {name: sha256(value.encode()).hexdigest()[:16] for name, value in self.values.items()}
        return {"list_id": self.list_id, "status": self.status and self.status.value, **values}

    @property
    def values(self) -> Mapping[str, str]:
        """The values that are asked for, by their fields."""
        return {name: value for name in self.own if (value := getattr(self, name)) is not None}


@cache
def selection(context: Context[Any]) -> type[Selection]:
    """Return the question for many aggregates of a context."""
    status: Any = (context.statuses | None, None)
    value: Any = (Annotated[str | None, Field(min_length=1, max_length=LONGEST_VALUE)], None)
    fields: dict[str, Any] = {"status": status, **dict.fromkeys(context.queried_fields, value)}
    model = create_model("Selection", __base__=Selection, __doc__=Selection.__doc__, **fields)
    model.needed = tuple(_INDEXED.get(one, one) for one in context.queried_by)
    model.own = context.queried_fields
    return model


@dataclass(frozen=True)
class Page(Generic[A]):
    """Some of what was asked for; ``next_cursor`` is None on the last page.

    Another page may have fewer than were asked for, and even none.
    """

    aggregates: Sequence[A]
    next_cursor: str | None


def get_one(asked: ById, aggregates: Aggregates[A]) -> A:
    """Return an aggregate as it stands.

    Raises:
        NotFound: nothing has that identity.
    """
    return aggregates.get(asked.id)


def list_many(asked: Selection, shards: Shards[A]) -> Page[A]:
    """Return a page: shard after shard, and in each by identity.

    Raises:
        BadCursor: the cursor was not given for this question.
    """
    found: list[A] = []
    place: Position | None = Position(0)
    if asked.cursor is not None:
        place = paging.position(asked.question, asked.cursor, _count(asked, shards))
    for _ in range(READS):
        if place is None or len(found) == asked.limit:
            break
        place = _read_on(asked, place, shards, found)
    return Page(found, place and paging.cursor(asked.question, place))


def _read_on(asked: Selection, place: Position, shards: Shards[A], found: list[A]) -> Position | None:
    """Add what the next read brings; return where to read on, or None at the end."""
    wanted = asked.limit - len(found)
    slice_ = _slice(asked, place, shards, wanted)
    matching = [one for one in slice_.aggregates if _is_asked_for(one, asked)]
    found += matching[:wanted]
    if len(matching) > wanted:
        return Position(place.shard, found[-1].id)
    if slice_.last is not None:
        return Position(place.shard, slice_.last)
    return Position(place.shard + 1) if place.shard + 1 < _count(asked, shards) else None


def _count(asked: Selection, shards: Shards[Any]) -> int:
    """How many shards there are to read: the index of a field has the field itself for its key."""
    return 1 if asked.values else shards.count


def _is_asked_for(one: Aggregate[Any, Any], asked: Selection) -> bool:
    stands = asked.status in (None, one.status) and asked.list_id in (None, one.list_id)
    return stands and all(getattr(one.details, name) == value for name, value in asked.values.items())


def _slice(asked: Selection, place: Position, shards: Shards[A], wanted: int) -> Slice[A]:
    # Of a list, few may be in the status, or the other way round: a long read finds them sooner.
    most = wanted if sum(one is not None for one in asked.question.values()) == 1 else MOST
    if asked.values:
        name, value = next(iter(asked.values.items()))
        return shards.with_value(name, value, place.after, most)
    if asked.list_id is not None and "list_id" in asked.needed:
        return shards.of_list(asked.list_id, place.shard, place.after, most)
    return shards.in_status(cast("StrEnum", asked.status), place.shard, place.after, most)
