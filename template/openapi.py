"""The generator of a repository's OpenAPI document, equal to the library's own.

A bake installs no packages, so the library's generator cannot run. The document comes from a prototype of one context;
this module replaces the prototype's fields and commands by the answers' own. A test of each repository compares the
document with the code.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .answers import Command, Field, arguments_of, starts_of
from .field_types import field_type
from .schemas import or_null
from .words import plain

PROTOTYPE = "openapi.prototype.json"
BEFORE = "STATUS_BEFORE"
"""The placeholder in the prototype for a command's start status."""

Schema = dict[str, Any]


def expand(project: Path, fields: Sequence[Field], commands: Sequence[Command]) -> None:
    """Write the document into a project, unless it exists, and remove the prototype."""
    folder = project / "docs" / "api"
    prototype = folder / PROTOTYPE
    openapi = document(json.loads(prototype.read_text(encoding="utf-8")), fields, commands)
    path = folder / "openapi.json"
    if not path.exists():
        path.write_text(json.dumps(openapi, indent=2, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    prototype.unlink()


def document(prototype: Schema, fields: Sequence[Field], commands: Sequence[Command]) -> Schema:
    """Return a copy of the prototype with the given fields and commands."""
    openapi = copy.deepcopy(prototype)
    schemas, state = openapi["components"]["schemas"], arguments_of(commands)
    _with_fields(schemas["CommandName"], {field.name: _member(field, asked=True) for field in fields})
    _with_fields(schemas["View"], {field.name: _member(field, asked=False) for field in fields})
    schemas["View"]["properties"] |= {field.name: or_null(_member(field, asked=False)) for field in state}
    statuses = [command.status for command in commands if command.kind != "deletes"]
    schemas["Status"]["enum"] = statuses
    _with_examples(openapi["paths"], fields, {**dict.fromkeys(field.name for field in state), "status": statuses[0]})
    _with_commands(openapi, commands)
    return openapi


def _with_fields(schema: Schema, members: Mapping[str, Schema]) -> None:
    identity, *others = schema["required"]
    schema["properties"] |= members
    schema["required"] = [identity, *members, *others]


def _member(field: Field, *, asked: bool) -> Schema:
    known = field_type(field.type)
    words = {"description": known.accepted, "kind": known.kind} if known.accepted else {}
    return (known.asked if asked else known.shown) | words


def _with_examples(paths: Schema, fields: Sequence[Field], own: Schema) -> None:
    examples = {field.name: field_type(field.type).example for field in fields}
    values = {field.name: field_type(field.type).value for field in fields} | own
    for operation in (operation for operations in paths.values() for operation in operations.values()):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            content["example"] |= examples
        responses = operation["responses"].values()
        for content in (content for response in responses for content in response.get("content", {}).values()):
            example = content.get("example", {})
            for view in example.get("items", [example] if example else []):
                view |= values


def _with_commands(openapi: Schema, commands: Sequence[Command]) -> None:
    paths, schemas = openapi["paths"], openapi["components"]["schemas"]
    collection, item, action = sorted(paths, key=len)
    changing, starts = paths.pop(action), starts_of(commands)
    for command in commands:
        if command.kind == "changes":
            path = f"{item}/{command.action}"
            paths[path] = copy.deepcopy(changing)
            paths[path]["post"]["operationId"] = command.snake
            _from(paths[path]["post"]["responses"]["409"], starts[command.name])
            if command.arguments:
                schemas[command.name] = _body(paths[path]["post"], command)
        elif command.kind == "deletes":
            paths[item]["delete"]["operationId"] = command.snake
        else:
            schemas[command.name] = schemas.pop("CommandName")
            paths[collection]["post"]["operationId"] = command.snake
            [content] = paths[collection]["post"]["requestBody"]["content"].values()
            content["schema"]["$ref"] = f"#/components/schemas/{command.name}"


def _body(operation: Schema, command: Command) -> Schema:
    """Add the body with a command's arguments to its operation; return the body's schema."""
    example = {field.name: field_type(field.type).example for field in command.arguments}
    content = {"schema": {"$ref": f"#/components/schemas/{command.name}"}, "example": example}
    operation["requestBody"] = {"content": {"application/json": content}, "required": True}
    operation["responses"]["422"]["description"] += " Values in the body are invalid (`invalid`)."
    return {
        "additionalProperties": False,
        "description": f"Move the {plain(command.context)} to {command.status}.",
        "properties": {field.name: _member(field, asked=True) for field in command.arguments},
        "required": [field.name for field in command.arguments],
        "type": "object",
    }


def _from(response: Schema, statuses: Sequence[str]) -> None:
    """Insert a command's start statuses into the description of its response 409."""
    *others, last = statuses
    text = f"{'`, `'.join(others)}` or `{last}" if others else last
    response["description"] = response["description"].replace(BEFORE, text)
