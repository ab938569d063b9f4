"""What callers may ask: one aggregate by its identity, or those of a list or in a status, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Final, Generic, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator
from pydantic_core import PydanticCustomError

from ..context import Context, QueriedBy
from ..domain.aggregate import Aggregate
from ..domain.fields import Identifier
from . import paging
from .paging import LONGEST_CURSOR, MOST, Position, Question
from .ports import Aggregates, Shards, Slice

A = TypeVar("A", bound=Aggregate[Any, Any])

_INDEXED: Final[Mapping[QueriedBy, str]] = {"list": "list_id", "status": "status"}

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
    """The question for those of a list, those in a status, or those of a list in a status.

    `selection` returns a context's, which knows its statuses and indexes.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    list_id: str | None = Field(default=None, min_length=1, max_length=64)
    status: StrEnum | None = None
    limit: int = Field(default=50, ge=1, le=MOST)
    cursor: str | None = Field(default=None, min_length=1, max_length=LONGEST_CURSOR)

    needed: ClassVar[tuple[str, ...]] = ()
    """The fields that there is an index of, one of which must be asked for."""

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if all(getattr(self, name) is None for name in self.needed):
            asked = [name for name in _INDEXED.values() if getattr(self, name) is not None]
            because = f": there is no index by {asked[0]} alone" if asked else ""
            raise PydanticCustomError("selection", f"{' or '.join(self.needed)} is needed{because}")  # pyright: ignore[reportArgumentType]
        return self

    @property
    def question(self) -> Question:
        """What a cursor must have been given for."""
        return {"list_id": self.list_id, "status": self.status and self.status.value}


@cache
def selection(context: Context[Any]) -> type[Selection]:
    """Return the question for many aggregates of a context."""
    status: Any = (context.statuses | None, None)
    model = create_model("Selection", __base__=Selection, __doc__=Selection.__doc__, status=status)
    model.needed = tuple(_INDEXED[one] for one in context.queried_by)
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
        place = paging.position(asked.question, asked.cursor, shards.count)
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
    return Position(place.shard + 1) if place.shard + 1 < shards.count else None


def _is_asked_for(one: Aggregate[Any, Any], asked: Selection) -> bool:
    return asked.status in (None, one.status) and asked.list_id in (None, one.list_id)


def _slice(asked: Selection, place: Position, shards: Shards[A], wanted: int) -> Slice[A]:
    # Of a list, few may be in the status, or the other way round: a long read finds them sooner.
    most = wanted if None in asked.question.values() else MOST
    if asked.list_id is not None and "list_id" in asked.needed:
        return shards.of_list(asked.list_id, place.shard, place.after, most)
    return shards.in_status(cast("StrEnum", asked.status), place.shard, place.after, most)
