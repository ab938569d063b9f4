"""JSON Schemas of events, generated from their models."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from bounded_context.declaration.context import Context
from bounded_context.domain.field_types import on_one_line

DIALECT = GenerateJsonSchema.schema_dialect

Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """A schema generator without titles that repeat a field's name, and without defaults."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """Return False: no field gets a title."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        """Return the schema without its default, which only makes the field optional."""
        return self.generate_inner(schema["schema"])


def of_data(context: Context[Any], event_type: str, version: str) -> Schema:
    """Return the schema of an event's data, with the id of this version."""
    return {
        "$schema": DIALECT,
        "$id": context.schema_of(event_type, version),
        "title": event_type,
        **strict(of_model(context.model(event_type, version))),
    }


def of_envelope(context: Context[Any]) -> Schema:
    """Return the schema of the events' envelope."""
    return strict(of_model(context.envelope))


def strict(schema: Schema) -> Schema:
    """Return a schema whose patterns refuse a line end after the value in each validator."""
    return json.loads(json.dumps(schema), object_hook=on_one_line)


def of_model(model: type[BaseModel]) -> Schema:
    """Return the schema of a model's serialized values."""
    made = model.model_json_schema(mode="serialization", schema_generator=_Plain)
    del made["title"]
    return json.loads(json.dumps(made), object_hook=_without_kind)


def _without_kind(part: dict[str, Any]) -> dict[str, Any]:
    # The keyword `kind` of the library's field types has a text as value, a field that is named `kind` a schema.
    return {name: value for name, value in part.items() if name != "kind" or not isinstance(value, str)}


def as_text(document: Mapping[str, Any]) -> str:
    """Return the text of a document as it is committed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
