"""The member `format` of a partner in the setting `partners`: the format of its files."""

import json
from collections.abc import Mapping
from typing import Any, Final

from ..declaration.context import Context
from ..domain.formats import CHOICES, BadFormat, FileFormat
from .config import SettingError, Source, structure
from .schema import Schema, mapping, members

MOST_CHARACTERS: Final = 2500
"""The maximum length of all formats as JSON. A function has 4 KB for its variables, and a variable has the formats."""


def schema_of_format() -> Schema:
    """Return the schema of a format."""
    choices: dict[str, Schema] = {member: {"enum": [*values]} for member, values in CHOICES.items()}
    date: Schema = {"type": "string", "title": "YYYY, MM and DD once each, such as DD.MM.YYYY"}
    return {**members({**choices, "date": date, "header": mapping({"type": "string"})}), "minProperties": 1}


def formats(context: Context[Any], config: Source) -> Mapping[str, FileFormat]:
    """Return the formats of the partners of a stack of `context`. Raises SettingError for the first mistake."""
    if config.get("formats") is not None:
        raise SettingError("formats", "is no setting: write partners.<name>.format for each partner.")
    partners: dict[str, Any] = structure(config, "partners", dict, {}, "a map of names to {public_keys: [...]}")
    found = {
        name: _format(context, name, value["format"])
        for name, value in partners.items()
        if isinstance(value, dict) and "format" in value
    }
    length = len(json.dumps({name: one.settings for name, one in found.items()}))
    if length > MOST_CHARACTERS:
        problem = f"has formats of {length} characters, and at most {MOST_CHARACTERS} are possible"
        raise SettingError("partners", f"{problem}: ask partners for our column names instead of mapping them.")
    return found


def _format(context: Context[Any], partner: str, values: Any) -> FileFormat:
    try:
        return FileFormat.parse(values, context.rows.columns)
    except BadFormat as error:
        place = ".".join(filter(None, (f"partners.{partner}.format", error.member)))
        raise SettingError(place, f"{error}.") from None
