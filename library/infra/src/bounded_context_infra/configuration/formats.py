"""The setting of the format of a partner's files."""

import json
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import fields
from typing import Any, Final

from bounded_context.domain.formats import CHOICES, FileFormat

from .schema import BadMember

_DATE: Final = re.compile(r"(YYYY|MM|DD)([./ -]?)(YYYY|MM|DD)\2(YYYY|MM|DD)")


def file_format(values: Any, columns: Collection[str]) -> FileFormat:
    """Return the format of a partner's setting, for a context with the given columns. Raises BadMember."""
    members = [member.name for member in fields(FileFormat)]
    if not isinstance(values, dict) or not values:
        raise BadMember("", f"is {values!r}: write a map with any of {', '.join(members)}")
    for member, value in values.items():
        if member not in members:
            raise BadMember("", f"has {member!r}: write any of {', '.join(members)}")
        _check(member, value, columns)
    if values.get("kind") == "json-lines" and "delimiter" in values:
        raise BadMember("delimiter", "is only for kind: csv: remove it")
    return FileFormat(**values)


def _check(member: str, value: Any, columns: Collection[str]) -> None:
    if member == "header":
        _check_header(value, columns)
    elif member == "date":
        _check_date(value)
    elif value not in CHOICES[member]:
        raise BadMember(member, f"is {value!r}: write one of {', '.join(map(json.dumps, CHOICES[member]))}")


def _check_date(value: Any) -> None:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or len({match[1], match[3], match[4]}) != 3:
        raise BadMember("date", f"is {value!r}: write YYYY, MM and DD once each, such as DD.MM.YYYY")


def _check_header(value: Any, columns: Collection[str]) -> None:
    if not isinstance(value, dict):
        raise BadMember("header", f"is {value!r}: write a map of the partner's column names to ours")
    for name, column in value.items():
        if column not in columns:
            raise BadMember("header", f"maps {name!r} to {column!r}: write one of {', '.join(columns)}")
        if name != name.strip() or not name:
            raise BadMember("header", f"has the name {name!r}: write it without spaces around it")
    if twice := [column for column, times in Counter(value.values()).items() if times > 1]:
        raise BadMember("header", f"maps two names to {min(twice)!r}: map one of them")
