"""Children of an aggregate, such as the notes of a claim: their class, their limit, and their JSON values.

A child belongs to an aggregate, has a number from 1, and never changes. It is removed with its aggregate. A version of
the aggregate adds a child, and counts the children: the condition of this write keeps the limit, also under concurrent
commands.
"""

import secrets
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, create_model, model_validator

from .fields import Identifier, Timestamp, WholeNumber, as_stored, now, stamp
from .spelling import snake

MOST: Final = 1_000
"""The largest limit. The relay removes the children of a removed aggregate within its call of a minute."""

PAGE: Final = 100
"""The maximum length of a page of children, and the keys of a request (DynamoDB API reference, BatchGetItem, and
TransactWriteItems)."""

OWN: Final = ("number", "added_at")
"""The members of a stored child besides its fields."""


class Child(BaseModel):
    """The fields of a child: ``class Note(Child): text: LongText``. Stored children have a number and a time, too."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    _as_stored = model_validator(mode="before")(as_stored)


@dataclass(frozen=True)
class Children:
    """The children of a class, which each aggregate may have: ``Children(Note, "notes", most=500)``.

    ``plural`` in snake_case is the last part of their path. ``most`` is their number per aggregate, at most 1,000.
    """

    model: type[Child]
    plural: str
    most: int = 0

    @property
    def name(self) -> str:
        """The name of a child in snake_case: the member of events and answers that contains it."""
        return snake(self.model.__name__)

    def view(self, identity: str) -> type[BaseModel]:
        """Return the model of a child in events and answers; ``identity`` is the field of the aggregate's identity."""
        own: Any = {identity: (Identifier, ...), "number": (WholeNumber, ...), "added_at": (Timestamp, ...)}
        fields: Any = {name: (field.annotation, field) for name, field in self.model.model_fields.items()}
        words: Any = {"__config__": ConfigDict(hide_input_in_errors=True), "__doc__": self.model.__doc__}
        return create_model(self.model.__name__, **words, **own, **fields)


def new_family() -> str:
    """Return a name for the keys of an aggregate's children. An aggregate of the same identity later has another."""
    return secrets.token_hex(8)


def values_of(child: Child, number: int) -> dict[str, Any]:
    """Return a child as JSON values, with its number and the present time. None is left out."""
    values = child.model_dump(mode="json", exclude_none=True)
    return {"number": number, "added_at": stamp(now()), **values}
