"""JSON Schemas of events with valid values, their committed versions, and the numbers that permit breaking changes."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from bounded_context.declaration.context import Context
from bounded_context.domain.field_types import BY_KIND, on_one_line
from bounded_context.domain.fields import choices, kind_of

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
    schema = model.model_json_schema(by_alias=False, mode="serialization", schema_generator=_Plain)
    del schema["title"]
    return json.loads(json.dumps(schema), object_hook=_without_kind)


def _without_kind(part: dict[str, Any]) -> dict[str, Any]:
    # The keyword `kind` of the library's field types has a text as value, a field that is named `kind` a schema.
    return {name: value for name, value in part.items() if name != "kind" or not isinstance(value, str)}


def as_text(document: Mapping[str, Any]) -> str:
    """Return the text of a document as it is committed."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


_VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")


class Version(NamedTuple):
    """A version of a schema. Subscribers of a minor version can read all minor versions of the same major version."""

    major: int
    minor: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse ``<major>.<minor>``. Raises ValueError for any other text."""
        match = _VERSION.fullmatch(text)
        if match is None:
            raise ValueError(f"{text!r} is not a version: write one such as 1.0")
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    def raised(self) -> "Version":
        """Return the next minor version."""
        return Version(self.major, self.minor + 1)


def versions(event_type: str, folder: Path) -> list[Version]:
    """Return the committed versions of an event's schema in a folder, the newest last."""
    return sorted(Version.parse(path.stem) for path in (folder / event_type).glob("*.json"))


def deleted(event_type: str, folder: Path) -> list[str]:
    """Return the files of an event's deleted schemas, relative to the repository whose events are in `folder`.

    Minor versions follow one another without a gap. The samples of a released version name the version that it sends.
    """
    committed = set(versions(event_type, folder))
    known = committed | {Version.parse(text) for text in _sent(event_type, folder.parent / "released")}
    expected = {Version(version.major, minor) for version in known for minor in range(version.minor + 1)}
    return [f"{folder.name}/{event_type}/{version}.json" for version in sorted(expected - committed)]


def _sent(event_type: str, folder: Path) -> Iterator[str]:
    for path in folder.glob("*.json"):
        for event in json.loads(path.read_text(encoding="utf-8"))["sent"].get(event_type, []):
            yield str(event["dataschema"]).rpartition(":")[2]


def read(event_type: str, version: Version, folder: Path) -> dict[str, Any]:
    """Return a committed schema."""
    return json.loads((folder / event_type / f"{version}.json").read_text(encoding="utf-8"))


def write(event_type: str, version: Version, schema: dict[str, Any], folder: Path) -> None:
    """Write a schema to its file, which must not exist yet."""
    path = folder / event_type / f"{version}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("x", encoding="utf-8") as file:
        file.write(as_text(schema))


_NUMBER = re.compile(r"[0-9]+")


def release(root: Path) -> str:
    """Return the version of a repository's package from its ``pyproject.toml``."""
    return project_table(root)["version"]


def project_table(root: Path) -> dict[str, Any]:
    """Return the table ``[project]`` of a repository's ``pyproject.toml``."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def numbers(version: str) -> tuple[int, int, int]:
    """Return the first three numbers of a version; missing numbers are 0."""
    first = [int(number) for number in _NUMBER.findall(version)[:3]]
    major, minor, patch = [*first, 0, 0, 0][:3]
    return major, minor, patch


def may_break(old: str, new: str) -> bool:
    """Return whether ``new`` may break callers and subscribers of ``old``.

    It may if its major version is higher, or before 1.0 its minor version (semver.org, 4 and 8).
    """
    (major, minor, _), (next_major, next_minor, _) = numbers(old), numbers(new)
    return next_major > major or (major == next_major == 0 and next_minor > minor)


def breaking(version: str) -> str:
    """Return the next version that permits breaking changes: 0.2.0 after 0.1.3, 2.0.0 after 1.4.0."""
    major, minor, _ = numbers(version)
    return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"


CHANGEOVER: Final = "`uv run context docs events two-major-versions`"
"""The page about the change of subscribers to another major version."""

EXAMPLES: Final[dict[str, Any]] = {kind: known.example for kind, known in BY_KIND.items()}
"""A valid value of each kind of field, except enumerations."""


class NoSample(ValueError):
    """The error for a required field that has neither a type of the library nor an example."""


def good(model: type[BaseModel]) -> dict[str, Any]:
    """Return a valid value of each field of a model, see `examples`.

    Raises:
        NoSample: a required field has neither an example nor a type of the library.
    """
    values = examples(model)
    for name, field in model.model_fields.items():
        if name not in values and field.is_required():
            raise NoSample(f"{model.__name__}.{name} is of none of the library's types: give it Field(examples=[...]).")
    return values


def examples(model: type[BaseModel]) -> dict[str, Any]:
    """Return a valid value of each field that has one: its first example, or else a value of its kind."""
    fields = model.model_fields.items()
    candidates = {
        name: (*(field.examples or ()), *choices(field), EXAMPLES.get(kind_of(field) or "")) for name, field in fields
    }
    first_values = {name: values[0] for name, values in candidates.items()}
    return {name: value for name, value in first_values.items() if value is not None}
