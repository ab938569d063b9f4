"""The table of an archive's events, and its views, from the event schemas.

A table has a partition for each event type and day. Its columns are the members of the envelope, and the column `data`
with the fields of all versions of all types. A view has the events of a type in a major version, each once. Personal
fields are not among the columns, so the archive's files do not contain them.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel

from bounded_context.declaration.context import Context
from bounded_context.domain.events import label
from bounded_context.domain.spelling import snake

from .configuration.project import ProjectError, unreadable

TABLE: Final = "events"
"""The name of the table."""

PARTITIONS: Final[Mapping[str, str]] = {"type": "string", "day": "string"}
"""The partition keys with their types. `day` is the day of the delivery to the archive, in UTC."""

_OMITTED: Final = ("specversion", "datacontenttype", "type", "data")
"""Members of the envelope that are no columns: constants, the partition key, and the data with columns of its own."""

Schema = Mapping[str, Any]
Type = str | dict[str, Any] | list[Any]
"""The type of a column: a scalar of Hive, or a structure by its fields, or an array by its only item."""

Fields = dict[str, tuple[Type, Type]]
"""The type of a field in the table, and in views."""

_SCALARS: Final = {"integer": "bigint", "number": "double", "boolean": "boolean"}
_DIGITS: Final = 15
"""The digits of the library's decimal types."""

_NUMBER: Final = re.compile(r"(?:decimal|signed)([0-4]?)")
"""A kind of a decimal type, with the digits after the point; without them it has two."""


@dataclass(frozen=True)
class View:
    """A view: its name, its columns with Hive's types, and its query."""

    name: str
    columns: Mapping[str, Type]
    sql: str

    @property
    def hive(self) -> Mapping[str, str]:
        """The columns in the notation of the catalogue."""
        return {name: hive(kind) for name, kind in self.columns.items()}

    def original_text(self, database: str) -> str:
        """Return the view as the catalogue stores it (Glue API reference, "TableInput", ViewOriginalText)."""
        columns = [{"name": name, "type": athena(kind)} for name, kind in self.columns.items()]
        view = {"originalSql": self.sql, "catalog": "awsdatacatalog", "schema": database, "columns": columns}
        return f"/* Presto View: {b64encode(json.dumps(view).encode()).decode()} */"


@dataclass(frozen=True)
class Tables:
    """The table and the views of a context's events. `folder` contains the committed schemas, also of old versions.

    Raises ProjectError for a schema that is not JSON.
    """

    context: Context[Any]
    folder: Path

    @cached_property
    def _data(self) -> Mapping[tuple[str, str], Fields]:
        """The fields of each type in each major version."""
        fields: dict[tuple[str, str], Fields] = {}
        for event_type, version, schema in (*self._committed(), *self._published()):
            known = fields.setdefault((event_type, version.partition(".")[0]), {})
            for name, part in self._fields(schema, schema.get("$defs", {})):
                known[name] = part
        return dict(sorted(fields.items()))

    def _committed(self) -> Iterator[tuple[str, str, Schema]]:
        prefix = f"urn:event-schema:{self.context.name}:"
        for file in sorted(self.folder.glob("*/*.json")):
            try:
                schema = json.loads(file.read_text(encoding="utf-8"))
            except ValueError as error:
                raise ProjectError(unreadable(file, self.folder.parent, error)) from error
            if schema.get("$id", "").startswith(prefix):
                yield *schema["$id"].removeprefix(prefix).split(":"), schema

    def _published(self) -> Iterator[tuple[str, str, Schema]]:
        for event_type in self.context.events:
            for version in self.context.published(event_type):
                yield event_type, version, _schema(self.context.model(event_type, version))

    def _fields(self, schema: Schema, definitions: Schema) -> Iterator[tuple[str, tuple[Type, Type]]]:
        for name, part in schema.get("properties", {}).items():
            if name not in self.context.personal:
                kind = self._type(part, definitions)
                yield name.lower(), (kind, _cast(part) or kind)

    def _type(self, schema: Schema, definitions: Schema) -> Type:
        if reference := schema.get("$ref"):
            return self._type(definitions[reference.rpartition("/")[2]], definitions)
        if members := [part for part in _members(schema) if part.get("type") != "null"]:
            return _merged(*(self._type(part, definitions) for part in members))
        if "properties" in schema:
            return {name: kind for name, (kind, _) in self._fields(schema, definitions)}
        if "items" in schema:
            return [self._type(schema["items"], definitions)]
        return _SCALARS.get(str(schema.get("type")), "string")

    @cached_property
    def envelope(self) -> Mapping[str, str]:
        """The columns of the envelope with their types."""
        schema = _schema(self.context.envelope)
        fields = self._fields(schema, schema.get("$defs", {}))
        return {name: str(kind) for name, (kind, _) in fields if name not in _OMITTED}

    @property
    def columns(self) -> Mapping[str, str]:
        """The columns of the table with Hive's types, without the partition keys."""
        data: Type = {}
        for fields in self._data.values():
            data = _merged(data, {name: kind for name, (kind, _) in fields.items()})
        return {**self.envelope, "data": hive(data)}

    @property
    def types(self) -> tuple[str, ...]:
        """The event types, also of old versions."""
        return tuple(dict.fromkeys(event_type for event_type, _ in self._data))

    def views(self, database: str) -> tuple[View, ...]:
        """Return the views, which read the table in a database."""
        return tuple(self._view(database, *key, fields) for key, fields in self._data.items())

    def _view(self, database: str, event_type: str, number: str, fields: Fields) -> View:
        envelope = {name: f"event_{name}" for name in (*self.envelope, *PARTITIONS)}
        columns: dict[str, Type] = dict.fromkeys(envelope.values(), "string")
        terms = [f'"{name}" AS "{title}"' for name, title in envelope.items()]
        for name, (_, kind) in fields.items():
            title = f"data_{name}" if name in columns else name
            columns[title] = kind
            terms.append(f'CAST("data"."{name}" AS {athena(kind)}) AS "{title}"')
        schema = self.context.schema_of(event_type, f"{number}.")
        # The names are those of the declaration and its fields.
        sql = f"""SELECT {", ".join(f'"{title}"' for title in columns)} FROM (
SELECT {", ".join(terms)},
row_number() OVER (PARTITION BY "subject", coalesce(nullif("sequence", ''), "id") ORDER BY "day") AS "delivery"
FROM "{database}"."{TABLE}"
WHERE "type" = '{event_type}' AND "dataschema" LIKE '{schema}%'
) AS "deliveries" WHERE "delivery" = 1"""  # noqa: S608
        return View(snake(label(event_type, number).replace(".", "_")), columns, sql)


def _schema(model: type[BaseModel]) -> Schema:
    return model.model_json_schema(by_alias=False, mode="serialization")


def _members(schema: Schema) -> Iterable[Schema]:
    return schema.get("anyOf") or schema.get("oneOf") or ()


def _cast(schema: Schema) -> str:
    """Return the type of a text in views, if it is a day or a decimal number; else an empty text.

    Committed schemas do not name the kind of a field. In an old major version, decimal numbers are therefore texts.
    """
    parts = [part for part in (schema, *_members(schema)) if part.get("type") != "null"]
    if any(part.get("format") == "date" for part in parts):
        return "date"
    kinds = (_NUMBER.fullmatch(str(part.get("kind", ""))) for part in parts)
    return next((f"decimal({_DIGITS},{kind[1] or 2})" for kind in kinds if kind), "")


def _merged(*types: Type) -> Type:
    """Return a type for the values of several types. Fields of other forms become texts."""
    first, *others = types
    for other in others:
        first = _both(first, other)
    return first


def _both(left: Type, right: Type) -> Type:
    if isinstance(left, dict) and isinstance(right, dict):
        both = left.keys() & right.keys()
        return {**left, **right, **{name: _both(left[name], right[name]) for name in both}}
    if isinstance(left, list) and isinstance(right, list):
        return [_both(left[0], right[0])]
    return left if left == right else "string"


def hive(kind: Type) -> str:
    """Return a type in Hive's notation, as the catalogue has it."""
    if isinstance(kind, dict):
        return f"struct<{','.join(f'{name}:{hive(part)}' for name, part in kind.items())}>"
    return f"array<{hive(kind[0])}>" if isinstance(kind, list) else kind


def athena(kind: Type) -> str:
    """Return a type in Athena's notation, as views have it."""
    if isinstance(kind, dict):
        return f"row({', '.join(f'{name} {athena(part)}' for name, part in kind.items())})"
    return f"array({athena(kind[0])})" if isinstance(kind, list) else {"string": "varchar"}.get(kind, kind)
