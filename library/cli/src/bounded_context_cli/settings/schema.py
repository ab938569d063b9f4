"""The JSON Schemas of the stacks' files, for editors: completion, descriptions, and faults while writing.

The schemas are written into `build/`: they contain the names of the context, and a path into the environment would
contain the version of Python.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context_infra.configuration.account_settings import AccountSettings
from bounded_context_infra.configuration.api_settings import ApiSettings
from bounded_context_infra.configuration.list_settings import OF_LISTS
from bounded_context_infra.configuration.pipeline_settings import PipelineSettings
from bounded_context_infra.configuration.project import Project
from bounded_context_infra.configuration.schema import Schema, schemas
from bounded_context_infra.configuration.settings import Settings

from ..command.output import update_file
from ..programs.pulumi_files import project_name

FOLDER: Final = "settings"
"""The folder in `build/`. A stack's file names its schema in its first line."""

_TEXTS: Final = {"integer": r"^-?\d+$", "number": r"^-?\d+(\.\d+)?$", "boolean": "^(true|false)$"}
"""The texts of other types. `pulumi config set` writes each value as a text."""


def write_schemas(project: Project) -> None:
    """Write the schemas of the files of the service, the pipeline and the accounts."""
    for program, schema in documents(project).items():
        update_file(project.build / FOLDER / f"{program}.json", json.dumps(schema, indent=2, default=str) + "\n")


def documents(project: Project) -> dict[str, Schema]:
    """Return the schema of the stacks' files of each program, by the name of the program's folder."""
    own = dict(_of_service(project.context))
    required = [name for name, schema in own.items() if "default" not in schema]
    # The owner of the accounts fills in the required settings of the pipeline and of the accounts.
    pipeline = _document(project_name(project.pipeline), schemas(PipelineSettings), [])
    account = _document(project_name(project.account), schemas(AccountSettings), [])
    return {"service": _document(project.package, own, required), "pipeline": pipeline, "account": account}


def _of_service(context: Context[Any]) -> Iterator[tuple[str, Schema]]:
    """Yield the settings with the names of the context: its events, and the columns of its lists."""
    for name, schema in {**schemas(Settings), **schemas(ApiSettings)}.items():
        if name == "filters":
            events = {"type": "array", "items": {"enum": [*context.events]}, "minItems": 1, "uniqueItems": True}
            yield name, {**schema, "additionalProperties": events}
        elif context.has_lists or name not in OF_LISTS:
            yield name, schema


def _document(prefix: str, settings: Mapping[str, Schema], required: list[str]) -> Schema:
    config = {
        "type": "object",
        "properties": {f"{prefix}:{name}": _or_text(schema) for name, schema in settings.items()},
        "required": [f"{prefix}:{name}" for name in required],
    }
    return {"$schema": "http://json-schema.org/draft-07/schema#", "type": "object", "properties": {"config": config}}


def _or_text(schema: Schema) -> Schema:
    """Return the schema with the texts of its numbers and booleans."""
    kind = schema.get("type")
    if kind in _TEXTS:
        return {**schema, "type": [kind, "string"], "pattern": _TEXTS[kind]}
    if "enum" in schema:
        return {**schema, "enum": [*dict.fromkeys([*schema["enum"], *map(str, schema["enum"])])]}
    return schema
