"""Backstage's schemas: what they have against an entity."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft7Validator
from referencing import Registry, Resource

_FOLDER: Final = Path(__file__).parent / "backstage"
_SCHEMAS: Final = {
    path.name.removesuffix(".schema.json"): json.loads(path.read_text()) for path in _FOLDER.glob("*.json")
}
_REGISTRY: Final = Registry().with_resources(
    (schema["$id"], Resource.from_contents(schema)) for schema in _SCHEMAS.values()
)

NAME: Final = re.compile(r"(?=.{1,63}$)[A-Za-z0-9]+([-_.]+[A-Za-z0-9]+)*")
"""A name that Backstage takes (its "Descriptor Format of Catalog Entities"): the schema says only that it is text."""


def faults(entity: Mapping[str, Any]) -> list[str]:
    """Return what the schema of an entity's kind and version has against it, and against its name."""
    version = str(entity["apiVersion"]).rpartition("/")[2]
    validator = Draft7Validator(_SCHEMAS[f"{entity['kind']}.{version}"], registry=_REGISTRY)
    messages = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(entity)]
    name = str(entity.get("metadata", {}).get("name"))
    return messages if NAME.fullmatch(name) else [*messages, f"{name} is no name"]
