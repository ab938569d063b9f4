"""The page of the kit: the check in a browser, the format and the samples, in one file that loads and sends nothing.

A column whose Python type has checks that the page cannot repeat is named on the page.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Any, Final

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from bounded_context.application.reading import limit
from bounded_context.declaration.context import Context
from bounded_context.domain.field_types import BY_KIND
from bounded_context.domain.fields import ENUMERATION, choices, kind_of
from bounded_context.domain.formats import PLAIN, FileFormat
from bounded_context.domain.rows import Rows

from ..views.pages import page as page_of
from ..views.pages import text
from ..views.pages.lists import html
from .contents import Contents

_FOLDER: Final = Path(__file__).parent
_CHECKED: Final = {*BY_KIND, ENUMERATION}
"""The kinds of fields that the page checks like the import."""

_BEYOND_SCHEMA: Final = {"date", "timestamp", "bool"}
"""The kinds with checks of `checker.js` beyond the schema."""

_OTHER_SYNTAX: Final = re.compile(r"\\[dswbDSWBpPAz]|\(\?")
"""Syntax of patterns that browsers and pydantic read in different ways."""

_BOUNDS: Final = {Gt: "gt", Ge: "ge", Lt: "lt", Le: "le"}


def unsupported(format_: FileFormat) -> str:
    """Return the reason why no page can check files of a format, as a sentence; empty if a page can."""
    other = "JSON lines" if format_.kind != PLAIN.kind else "gzip" if format_.compression != PLAIN.compression else ""
    return other and f"The page cannot read {other}, so that only the program is written."


def page(kit: Contents, context: Context[Any]) -> str:
    """Return the page as HTML."""
    return page_of(f"{kit.form.title}: check a list", _body(kit, context), script=script(kit, context))


def script(kit: Contents, context: Context[Any], names: tuple[str, ...] = ("checker.js", "viewer.js")) -> str:
    """Return the script of the page: the description of the columns, and the modules of the given names."""
    described = json.dumps(described_format(kit, context)).replace("<", "\\u003c")
    sources = [(_FOLDER / name).read_text(encoding="utf-8") for name in names]
    return "\n".join(['"use strict";', f"const FORMAT = {described};", *sources])


def described_format(kit: Contents, context: Context[Any]) -> dict[str, Any]:
    """Return the description of the lists that the script reads."""
    codes = {**kit.form.rows, **kit.form.lists}
    return {
        "columns": list(_columns(kit, context)),
        "file": asdict(kit.format_),
        "identity": context.identity,
        "most_bytes": kit.format_.most_bytes(kit.most_bytes),
        "limit": limit(kit.most_bytes, kit.format_),
        "tolerated_share": kit.tolerated_share.as_integer_ratio(),
        "remedies": {code: remedy for code, (_, remedy) in codes.items()},
    }


def _columns(kit: Contents, context: Context[Any]) -> Iterator[dict[str, Any]]:
    schema = context.details.model_json_schema()
    for name, field in context.details.model_fields.items():
        own = _resolved(schema["properties"][name], schema.get("$defs", {}))
        checks = _checks(field, own)
        yield {"name": name, "required": field.is_required(), **_noted(kit, context.rows, name), **checks}


def _noted(kit: Contents, rows: Rows, name: str) -> dict[str, Any]:
    """Return the name, the expectation and the notation of a column in the partner's format."""
    kinds = {Decimal: "decimal", date: "date"}
    notation = next((kinds[kind] for kind in kit.format_.notations if name in rows.of_type(kind)), None)
    [written] = kit.format_.names([name])
    return {"written": written, "expected": rows.expected_in(kit.format_, name), "notation": notation}


def _resolved(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema of a value that is not null."""
    schema = next((member for member in schema.get("anyOf", ()) if member.get("type") != "null"), schema)
    return definitions[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _checks(field: FieldInfo, schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the checks of a column by the names that `checker.js` reads."""
    kind, pattern = kind_of(field), schema.get("pattern", "")
    if values := choices(field):
        return {"values": values}
    if kind not in _CHECKED and schema.get("type") != "string":
        return {}
    found = {
        "pattern": None if _OTHER_SYNTAX.search(pattern) else pattern or None,
        "least": schema.get("minLength"),
        "most": schema.get("maxLength"),
        "kind": kind if kind in _BEYOND_SCHEMA else None,
        **_bounds(field),
    }
    return {name: value for name, value in found.items() if value is not None}


def _bounds(field: FieldInfo) -> dict[str, float]:
    return {
        name: float(getattr(mark, name))
        for mark in field.metadata
        for kind, name in _BOUNDS.items()
        if isinstance(mark, kind)
    }


def _unchecked(context: Context[Any]) -> list[str]:
    """Return the columns and rules that only Python checks."""
    fields = [name for name, field in context.details.model_fields.items() if kind_of(field) not in _CHECKED]
    rules = context.details.__pydantic_decorators__
    return [*fields, *(name for found in (rules.field_validators, rules.model_validators) for name in found)]


def _body(kit: Contents, context: Context[Any]) -> Iterator[str]:
    yield "<p>Choose a list. It is checked in this browser, and is not sent anywhere: the page makes no connection.</p>"
    yield '<p><label for="list">List</label> <input type="file" id="list"></p>'
    yield '<p id="result" role="status"></p>'
    yield '<p><a id="report" hidden>Save the report</a></p>'
    yield '<div class="wide" tabindex="0" role="region" aria-label="Rejected rows" hidden>'
    yield '<table class="blocks"><thead><tr>'
    yield "".join(f'<th scope="col">{name}</th>' for name in ("line", "field", "reason", "code", "remedy"))
    yield '</tr></thead><tbody id="rejects"></tbody></table></div>'
    yield f"<p>{escape(kit.only_the_service)} This page does not check business rules.</p>"
    if unchecked := _unchecked(context):
        yield f"<p>{text('This page checks only the form of: ' + ', '.join(unchecked))}.</p>"
    for name, sample in (("sample", kit.sample), ("broken", kit.broken)):
        address = f"data:text/csv;base64,{b64encode(sample).decode()}"
        yield f'<p><a download="{name}.csv" href="{address}">Save a {_SAMPLES[name]}</a></p>'
    yield from html(kit.form)


_SAMPLES: Final = {"sample": "valid list", "broken": "list with rejected rows"}
