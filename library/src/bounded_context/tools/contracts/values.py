"""Valid values of a model's fields, for samples. The same model always gives the same values."""

from typing import Any

from pydantic import BaseModel

from ...domain.fields import kind_of
from .openapi.document import EXAMPLES


class NoSample(ValueError):
    """The error for a required field that has neither a type of the library nor an example."""


def good(model: type[BaseModel]) -> dict[str, Any]:
    """Return a valid value of each field of a model: its first example, or else a value of its kind.

    Raises:
        NoSample: a required field has neither.
    """
    found = {name: _value(name, model) for name in model.model_fields}
    return {name: value for name, value in found.items() if value is not None}


def _value(name: str, model: type[BaseModel]) -> Any:
    field = model.model_fields[name]
    value = next(iter(field.examples or ()), EXAMPLES.get(kind_of(field) or ""))
    if value is None and field.is_required():
        raise NoSample(f"{model.__name__}.{name} is of none of the library's types: give it Field(examples=[...]).")
    return value
