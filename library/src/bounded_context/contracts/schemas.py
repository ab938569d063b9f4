"""JSON Schemas made from what events say, as models."""

import json
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from ..context import Context

DIALECT = GenerateJsonSchema.schema_dialect

Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """Leaves out what says nothing of an event: titles that repeat a field's name, and defaults of the model."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        """No field has one."""
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        """A field with a default need not be there, and that is all."""
        return self.generate_inner(schema["schema"])


def of_data(context: Context[Any], event_type: str, version: str) -> Schema:
    """Return the schema of what an event of this type says, under the name that this version of it has."""
    return {
        "$schema": DIALECT,
        "$id": context.schema_of(event_type, version),
        "title": event_type,
        **of_model(context.model(event_type, version)),
    }


def of_envelope(context: Context[Any]) -> Schema:
    """Return the schema of the envelope."""
    return of_model(context.envelope)


def of_model(model: type[BaseModel]) -> Schema:
    """Return the schema of what a model writes."""
    made = model.model_json_schema(mode="serialization", schema_generator=_Plain)
    del made["title"]
    return json.loads(json.dumps(made), object_hook=_without_kind)


def _without_kind(part: dict[str, Any]) -> dict[str, Any]:
    # The fields' types have a keyword of this name for tools of this repository; a field of this name is not text.
    return {name: value for name, value in part.items() if name != "kind" or not isinstance(value, str)}


def as_text(document: Mapping[str, Any]) -> str:
    """Return a document as it is committed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
