"""A promise about events: they carry the fields of the aggregate."""

from collections.abc import Iterator, Set

from pydantic import BaseModel

from ...domain.fields import may_be_none
from ._promise import Check, Repository

_STANDING = ("status", "version", "list_id")
"""Fields of every event, besides the details (`bounded_context.domain.events.payload`)."""


def events_say_every_field(where: Repository) -> Iterator[str]:
    """Events have every field of the aggregate: their schema has exactly the fields that subscribers receive."""
    details, data = where.context.details, where.context.data
    file = f"src/{where.context.name}/events.py"
    for name in _without(details, data.model_fields.keys()):
        yield f"{data.__name__} has no {name!r}, which events carry: write it in {file} as in {details.__name__}."
    for name in _without(data, {*details.model_fields, *_STANDING}):
        yield f"{data.__name__} has {name!r}, which no event carries: write it in {details.__name__} too, or remove it."
    for name, field in data.model_fields.items():
        if not may_be_none(field) and name in details.model_fields and may_be_none(details.model_fields[name]):
            yield f"{data.__name__}.{name} may be None, as in {details.__name__}: write `| None = None` in {file}."


def _without(model: type[BaseModel], names: Set[str]) -> list[str]:
    return [name for name in model.model_fields if name not in names]


CHECKS: tuple[Check, ...] = (events_say_every_field,)
