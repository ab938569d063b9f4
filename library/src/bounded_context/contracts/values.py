"""A good value of each field of a model, for what is kept as a sample. The same model gives the same values."""

from typing import Any

from pydantic import BaseModel

from ..domain.fields import kind_of
from .openapi.document import EXAMPLES


class NoSample(ValueError):
    """A field is of a type that the library does not know; the message says what to write."""


def good(model: type[BaseModel]) -> dict[str, Any]:
    """Return a good value of each of a model's fields: of its kind, or else its first example.

    Raises:
        NoSample: a field must be there and has neither.
    """
    found = {name: _value(name, model) for name in model.model_fields}
    return {name: value for name, value in found.items() if value is not None}


def _value(name: str, model: type[BaseModel]) -> Any:
    field = model.model_fields[name]
    value = next(iter(field.examples or ()), EXAMPLES.get(kind_of(field) or ""))
    if value is None and field.is_required():
        raise NoSample(f"{model.__name__}.{name} is of none of the library's types: give it Field(examples=[...]).")
    return value
