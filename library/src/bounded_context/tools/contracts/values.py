"""Valid values of a model's fields, for samples. The same model always gives the same values."""

from typing import Any, Final

from pydantic import BaseModel

from ...domain.fields import kind_of

EXAMPLES: Final[dict[str, Any]] = {
    "identifier": "id-1",
    "text": "text",
    "decimal": "12.50",
    "int": "42",
    "currency": "EUR",
    "date": "2026-01-31",
    "bool": True,
}
"""A valid value of each kind of field."""


class NoSample(ValueError):
    """The error for a required field that has neither a type of the library nor an example."""


def good(model: type[BaseModel]) -> dict[str, Any]:
    """Return a valid value of each field of a model, see `examples`.

    Raises:
        NoSample: a required field has neither an example nor a type of the library.
    """
    found = examples(model)
    for name, field in model.model_fields.items():
        if name not in found and field.is_required():
            raise NoSample(f"{model.__name__}.{name} is of none of the library's types: give it Field(examples=[...]).")
    return found


def examples(model: type[BaseModel]) -> dict[str, Any]:
    """Return a valid value of each field that has one: its first example, or else a value of its kind."""
    fields = model.model_fields.items()
    found = {name: next(iter(field.examples or ()), EXAMPLES.get(kind_of(field) or "")) for name, field in fields}
    return {name: value for name, value in found.items() if value is not None}
