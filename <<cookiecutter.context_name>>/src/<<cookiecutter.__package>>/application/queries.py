"""What callers may ask: one aggregate by its identity, or those of a list or in a status, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from ..domain.fields import Identifier
from ..domain.model import <<cookiecutter.context_name>>, Status
from . import paging
from .paging import LONGEST_CURSOR, Position
from .ports import <<cookiecutter.context_name>>s, Shards, Slice

MOST: Final = 100
"""The longest page, and what one read of a shard takes at most."""
READS: Final = 32
"""How often a shard is read for one page, at most: twice for each of 16."""


class ById(BaseModel):
    """The question for one aggregate."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    <<cookiecutter.__package>>_id: Identifier


class Selection(BaseModel):
    """The question for those of a list, those in a status, or those of a list in a status."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    list_id: str | None = Field(default=None, min_length=1, max_length=64)
    status: Status | None = None
    limit: int = Field(default=50, ge=1, le=MOST)
    cursor: str | None = Field(default=None, min_length=1, max_length=LONGEST_CURSOR)

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if self.list_id is None and self.status is None:
            raise PydanticCustomError("selection", "list_id or status is needed")
        return self

    @property
    def question(self) -> list[str | None]:
        """What a cursor must have been given for."""
        return [self.list_id, self.status and self.status.value]


@dataclass(frozen=True)
class Page:
    """Some of what was asked for; ``next_cursor`` is None on the last page.

    Another page may have fewer than were asked for, and even none.
    """

    <<cookiecutter.__package>>s: Sequence[<<cookiecutter.context_name>>]
    next_cursor: str | None


def get_<<cookiecutter.__package>>(asked: ById, <<cookiecutter.__package>>s: <<cookiecutter.context_name>>s) -> <<cookiecutter.context_name>>:
    """Return the <<cookiecutter.__words>> as it stands.

    Raises:
        NotFound: nothing has that identity.
    """
    return <<cookiecutter.__package>>s.get(asked.<<cookiecutter.__package>>_id)


def list_<<cookiecutter.__package>>s(asked: Selection, shards: Shards) -> Page:
    """Return a page: shard after shard, and in each by identity.

    Raises:
        BadCursor: the cursor was not given for this question.
    """
    found: list[<<cookiecutter.context_name>>] = []
    place: Position | None = Position(0)
    if asked.cursor is not None:
        place = paging.position(asked.question, asked.cursor, shards.count)
    for _ in range(READS):
        if place is None or len(found) == asked.limit:
            break
        place = _read_on(asked, place, shards, found)
    return Page(found, place and paging.cursor(asked.question, place))


def _read_on(asked: Selection, place: Position, shards: Shards, found: list[<<cookiecutter.context_name>>]) -> Position | None:
    """Add what the next read brings; return where to read on, or None at the end."""
    wanted = asked.limit - len(found)
    slice_ = _slice(asked, place, shards, wanted)
    matching = [one for one in slice_.<<cookiecutter.__package>>s if asked.status in (None, one.status)]
    found += matching[:wanted]
    if len(matching) > wanted:
        return Position(place.shard, found[-1].id)
    if slice_.last is not None:
        return Position(place.shard, slice_.last)
    return Position(place.shard + 1) if place.shard + 1 < shards.count else None


def _slice(asked: Selection, place: Position, shards: Shards, wanted: int) -> Slice:
    if asked.list_id is not None:
        # Of a list, few may be in the status: a long read finds them sooner.
        most = wanted if asked.status is None else MOST
        return shards.of_list(asked.list_id, place.shard, place.after, most)
    return shards.in_status(Status(asked.status), place.shard, place.after, wanted)
