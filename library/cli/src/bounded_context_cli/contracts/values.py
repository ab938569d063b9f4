"""Valid values of a model's fields, for samples. The same model always gives the same values."""

from typing import Any, Final

from pydantic import BaseModel

from bounded_context.domain.field_types import BY_KIND
from bounded_context.domain.fields import choices, kind_of

EXAMPLES: Final[dict[str, Any]] = {kind: known.example for kind, known in BY_KIND.items()}
"""A valid value of each kind of field, except enumerations."""


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
    given = {
        name: (*(field.examples or ()), *choices(field), EXAMPLES.get(kind_of(field) or "")) for name, field in fields
    }
    found = {name: values[0] for name, values in given.items()}
    return {name: value for name, value in found.items() if value is not None}
