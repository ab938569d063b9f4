"""The setting of the format of a partner's files."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from itertools import combinations, pairwise
from typing import Any, Final

from bounded_context.declaration.structure import Structure
from bounded_context.domain.exports import Export
from bounded_context.domain.formats import CHOICES, COUNT, FIRST, LAST, SUM, UP, FileFormat, resolved, span

from .schema import BadMember

_DATE: Final = re.compile(r"(YYYY|MM|DD)([./ -]?)(YYYY|MM|DD)\2(YYYY|MM|DD)")
_SPAN: Final = re.compile(r"[1-9][0-9]{0,3}-[1-9][0-9]{0,3}")
_COLUMN: Final = re.compile(r"[2-9]|[1-9][0-9]{1,2}")
_SHEET: Final = re.compile(r"(?!')[^\\/?*\[\]:]{1,31}(?<!')")
"""A name of a sheet (Microsoft, "Rename a worksheet")."""

_ELEMENT: Final = r"[^\W\d][\w.-]*"
_PATH: Final = re.compile(rf"{_ELEMENT}(/{_ELEMENT})*(/@{_ELEMENT})?")
_PLACE: Final = re.compile(rf"(\.\./)*({_PATH.pattern}|@{_ELEMENT})")

_LINES: Final = ("the first line", "the last line")
_ENDS: Final = {"xml": ("an element around the rows", "an element of its own")}
"""The place of a count before the rows, and of another, in words."""

_KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "delimiter": ("csv",),
    "encoding": ("csv", "json-lines", "fixed"),
    "decimal": ("csv", "json-lines", "fixed", "xml"),
    "date": ("csv", "json-lines", "fixed", "xml"),
    "compression": ("csv", "json-lines", "fixed", "xml"),
    "header": ("csv", "json-lines", "xlsx"),
    "sheet": ("xlsx",),
    "columns": ("fixed", "xml"),
    "record": ("fixed", "xml"),
    "control": ("csv", "fixed", "xml", "xlsx"),
}
"""The kinds that have a member. Each kind has the other members."""


def file_format(values: Any, columns: Collection[str]) -> FileFormat:
    """Return the format of a partner's setting, for a context with the given columns. Raises BadMember."""
    members = [member.name for member in fields(FileFormat)]
    if not isinstance(values, dict) or not values:
        raise BadMember("", f"is {values!r}: write a map with any of {', '.join(members)}")
    for member, value in values.items():
        if member not in members:
            raise BadMember("", f"has {member!r}: write any of {', '.join(members)}")
        _check(member, value, columns)
    form = FileFormat(**values)
    for member in values:
        if form.kind not in (kinds := _KINDS.get(member, (form.kind,))):
            raise BadMember(member, f"is only for kind: {' or '.join(kinds)}: remove it")
    if form.decimal == "implied" and form.kind != "fixed":
        raise BadMember("decimal", "is 'implied', which is only for kind: fixed: write '.' or ','")
    if not form.has_names:
        _check_places(form)
    elif form.control:
        _check_columns_of_ends(form)
        _check_sum(form.control, columns)
    return form


def unwritable(form: FileFormat, export: Export, context: Structure[Any]) -> str:
    """Return why the files of an export cannot have a format, with the remedy; empty if they can."""
    without = [name for name in export.fields if not form.has_names and name not in form.columns]
    if without:
        return f"format.columns has no place for {without[0]!r}: write its place, or remove the field from the export"
    if form.kind == "xml" and any(place.count(UP) == form.record.count("/") for place in form.columns.values()):
        return "format.columns has a column of the root element, which cannot be repeated: write another place"
    for name, other in combinations(export.fields, 2) if form.kind == "xml" else ():
        if form.columns[name] == form.columns[other]:
            fault = f"has {name!r} and {other!r} at one place, which has a single value"
            return f"format.columns {fault}: write another place"
    line, other = _ENDS.get(form.kind, _LINES)
    for name in (COUNT, SUM):
        element, attribute, _ = form.control.get(name, "").partition("@")
        if form.record.startswith(element) if attribute else form.kind != "xml" and element.startswith(FIRST):
            remedy = f"write it into {other}, or remove it, since the control file has it"
            return f"format.control has the {name} in {line}, before the rows are known: {remedy}"
    for member, place, mark in _written_places(form):
        if span(place).start < len(mark):
            return f"format.{member} is {place!r}, where its line begins with {mark!r}: write other characters"
    if SUM in form.control and form.control["of"] not in {*export.fields} & {*context.rows.of_type(Decimal)}:
        return f"format.control has the sum of {form.control['of']!r}, which is no amount of the export: write another"
    return ""


def _written_places(form: FileFormat) -> Iterator[tuple[str, str, str]]:
    """Yield each place of a fixed-width file, with its member and the beginning of its line."""
    if form.kind == "fixed":
        yield from ((f"columns.{name}", place, form.record) for name, place in form.columns.items())
        for name in {COUNT, SUM} & form.control.keys():
            line, _, place = form.control[name].partition(" ")
            yield f"control.{name}", place, form.control[line]


def _check(member: str, value: Any, columns: Collection[str]) -> None:
    if member in ("header", "columns", "control"):
        _CHECKS[member](value, columns)
    elif member == "date":
        _check_date(value)
    elif member in ("record", "sheet"):
        _check_text(member, value)
        if member == "sheet" and not _SHEET.fullmatch(value):
            problem = f"is {value!r}, which Excel refuses: write at most 31 characters"
            raise BadMember(member, f"{problem}, without \\ / ? * [ ] : and without apostrophes at its ends")
    elif value not in CHOICES[member]:
        raise BadMember(member, f"is {value!r}: write one of {', '.join(map(json.dumps, CHOICES[member]))}")


def _check_date(value: Any) -> None:
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or len({match[1], match[3], match[4]}) != 3:
        raise BadMember("date", f"is {value!r}: write YYYY, MM and DD once each, such as DD.MM.YYYY")


def _check_text(member: str, value: Any) -> None:
    if not isinstance(value, str) or not value.isprintable() or not value.strip():
        raise BadMember(member, f"is {value!r}: write a text")


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


def _check_columns(value: Any, columns: Collection[str]) -> None:
    if not isinstance(value, dict):
        raise BadMember("columns", f"is {value!r}: write a map of our columns to their places")
    for name, place in value.items():
        if name not in columns:
            raise BadMember("columns", f"has {name!r}: write one of {', '.join(columns)}")
        _check_text(f"columns.{name}", place)


def _check_control(value: Any, _: Collection[str]) -> None:
    known = (COUNT, SUM, "of", FIRST, LAST)
    if not isinstance(value, dict) or not value.keys() <= {*known}:
        raise BadMember("control", f"is {value!r}: write a map of any of {', '.join(known)}")
    for name, text in value.items():
        _check_text(f"control.{name}", text)


_CHECKS: Final = {"header": _check_header, "columns": _check_columns, "control": _check_control}


def _check_places(form: FileFormat) -> None:
    """Check the members of a kind of files without column names. Raises BadMember."""
    if not form.columns:
        raise BadMember("columns", f"is missing: kind: {form.kind} needs the place of each column")
    _check_paths(form) if form.kind == "xml" else _check_spans(form)
    _check_sum(form.control, form.columns)


def _check_sum(control: Mapping[str, str], columns: Collection[str]) -> None:
    if (SUM in control) != ("of" in control) or control.get("of", next(iter(columns))) not in columns:
        raise BadMember("control", "has a sum without its column: write sum and of, which is one of columns")
    if SUM in control and control[SUM] == control.get(COUNT):
        raise BadMember(f"control.{SUM}", f"is the place of control.{COUNT}: write another place")


def _check_paths(form: FileFormat) -> None:
    record, control = form.record, form.control
    if not _PATH.fullmatch(record) or "/" not in record or "@" in record:
        raise BadMember("record", f"is {record!r}: write the path of a row from the root, such as Batch/Payment")
    for name, place in form.columns.items():
        path = resolved(record, place)
        inside = UP in place and path.startswith((f"{record}/", record))
        if not _PLACE.fullmatch(place) or place.count(UP) > record.count("/") or inside:
            problem = f"is {place!r}: write a path from the row, without prefixes of namespaces"
            raise BadMember(f"columns.{name}", f"{problem}, such as Amount, Amount/@currency or ../Date")
    for name, path in control.items():
        if name in (FIRST, LAST):
            raise BadMember(f"control.{name}", "is not for kind: xml: remove it")
        row, place, root = f"{record}/", f"{path}/", record.partition("/")[0]
        around = place.startswith(row) or row.startswith(place) or not place.startswith(f"{root}/")
        if name != "of" and (around or not _PATH.fullmatch(path)):
            raise BadMember(f"control.{name}", f"is {path!r}: write a path from the root, outside of the rows")


def _check_spans(form: FileFormat) -> None:
    places = {**{f"columns.{name}": ("row", place) for name, place in form.columns.items()}}
    places |= _places_in_ends(form.control, "the characters, such as last 2-9")
    for member, (_, place) in places.items():
        if not _SPAN.fullmatch(place) or span(place).start >= span(place).stop:
            raise BadMember(member, f"is {place!r}: write the first and the last character, such as 1-10")
    ordered = sorted((line, span(place).start, span(place).stop, name) for name, (line, place) in places.items())
    for (line, _, end, name), (next_line, start, _, other) in pairwise(ordered):
        if line == next_line and start < end:
            raise BadMember(other, f"overlaps {name}: write other characters")


def _check_columns_of_ends(form: FileFormat) -> None:
    """Check the places in the first and the last line of a table. Raises BadMember."""
    places = _places_in_ends(form.control, "the number of a column, such as last 2")
    for member, (_, place) in places.items():
        if not _COLUMN.fullmatch(place):
            raise BadMember(member, f"is {place!r}: write the number of a column after the first, such as 2")
    for name in {FIRST, LAST} & form.control.keys() if form.kind == "csv" else ():
        if {form.delimiter, '"'} & {*form.control[name]}:
            problem = f"is {form.control[name]!r}: write the beginning of its first cell"
            raise BadMember(f"control.{name}", f"{problem}, without separators and quotes")


def _places_in_ends(control: Mapping[str, str], places: str) -> dict[str, tuple[str, str]]:
    """Return the line and the place of the file's own count and sum, by member. Raises BadMember."""
    members: dict[str, tuple[str, str]] = {}
    for name in (name for name in (COUNT, SUM) if name in control):
        line, _, place = control[name].partition(" ")
        if line not in (FIRST, LAST) or line not in control:
            problem = f"is {control[name]!r}: write {FIRST} or {LAST} and {places}"
            raise BadMember(f"control.{name}", f"{problem}, and in control.{LAST} the beginning of that line")
        members[f"control.{name}"] = (line, place)
    return members
