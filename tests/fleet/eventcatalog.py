"""EventCatalog's rules for its folders, as far as they are needed here, without its programs.

The fields are those of `packages/linter/src/schemas` of `@eventcatalog/linter` 1.1.1, without the ones that the portal
does not write. The nightly test runs the linter itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

_TEXT = {"type": "string"}
_SEMVER = {"type": "string", "pattern": r"^\d+\.\d+\.\d+$"}


def _object(needed: list[str], /, **fields: object) -> dict[str, Any]:
    return {"type": "object", "required": needed, "additionalProperties": False, "properties": fields}


def _list(items: Mapping[str, Any], least: int = 0) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": least}


_POINTER = _object(["id"], id=_TEXT, version=_SEMVER)
_SENDS = _object(["id"], id=_TEXT, version=_SEMVER, to=_list(_POINTER))
_RECEIVES = _object(["id"], id=_TEXT, version=_SEMVER, **{"from": _list(_POINTER)})
_BASE: dict[str, Any] = {
    **{name: {"type": "string", "minLength": 1} for name in ("id", "name", "summary")},
    "version": _SEMVER,
    "owners": _list(_TEXT, 1),
    "schemaPath": _TEXT,
    "deprecated": _object(["date"], date={"type": "string", "format": "date"}, message=_TEXT),
    "specifications": _list(_object(["type", "path"], type={"enum": ["openapi", "asyncapi"]}, path=_TEXT)),
}
_NEEDED = ["id", "name", "version", "summary", "owners"]
_METHODS = {"enum": ["GET", "POST", "PUT", "DELETE", "PATCH"]}
_MESSAGE = _object(
    _NEEDED,
    **_BASE,
    operation=_object([], method=_METHODS, path=_TEXT, statusCodes=_list(_TEXT)),
    channels=_list(_POINTER),
)
_PARAMETER = _object([], description=_TEXT)
_PROPERTY = _object(["name", "type"], name=_TEXT, type=_TEXT, required={"type": "boolean"}, description=_TEXT)
SCHEMAS: Mapping[str, Any] = {
    "domains": _object(_NEEDED, **_BASE, services=_list(_POINTER)),
    "services": _object(_NEEDED, **_BASE, sends=_list(_SENDS), receives=_list(_RECEIVES), entities=_list(_POINTER)),
    **dict.fromkeys(("events", "commands", "queries"), _MESSAGE),
    "channels": _object(
        _NEEDED,
        **_BASE,
        address=_TEXT,
        protocols=_list(_TEXT),
        deliveryGuarantee={"enum": ["at-most-once", "at-least-once", "exactly-once"]},
        parameters={"type": "object", "additionalProperties": _PARAMETER},
        routes=_list(_POINTER),
    ),
    "entities": _object(
        _NEEDED, **_BASE, aggregateRoot={"type": "boolean"}, identifier=_TEXT, properties=_list(_PROPERTY)
    ),
    "teams": _object(["id", "name", "summary"], id=_TEXT, name=_TEXT, summary=_TEXT),
}
"""A JSON Schema of the front matter of each folder."""

COMPONENTS = {"<NodeGraph />", "<EntityPropertiesTable />", '<SchemaViewer file="schema.json" title="JSON Schema" />'}
_FENCED = re.compile(r"^```json\n(.*?)\n```$", re.DOTALL | re.MULTILINE)

Page = tuple[str, dict[str, Any], str]
"""The folder of a page, its front matter, and its body."""


def pages(folder: Path) -> dict[str, Page]:
    """Read each page, by its path, as the parser of the front matter does: to the first line that begins with `---`."""
    read: dict[str, Page] = {}
    for path in sorted(folder.rglob("*.mdx")):
        start, front, body = path.read_text(encoding="utf-8").split("---\n", 2)
        assert start == ""
        name = str(path.relative_to(folder))
        read[name] = (name.split("/")[0], yaml.safe_load(front), body)
    return read


def faults(folder: Path) -> list[str]:
    """Return a sentence for each fault of a catalogue."""
    read = pages(folder)
    return [
        *(f"{name}: {fault.message}" for name, page in read.items() for fault in _validator(page).iter_errors(page[1])),
        *(f"{name}: {fault}" for name, page in read.items() for fault in _of_body(page[2])),
        *_references(folder, read),
    ]


def _validator(page: Page) -> Draft202012Validator:
    return Draft202012Validator(SCHEMAS[page[0]], format_checker=Draft202012Validator.FORMAT_CHECKER)


def _of_body(body: str) -> Iterator[str]:
    """Yield each part of a body that MDX reads as an expression, an element or a module, except known components."""
    if not body.strip():
        yield "no description"
    for line in _FENCED.sub("", body).splitlines():
        if line not in COMPONENTS and re.search(r"(?<!\\)[{}<>]", line):
            yield f"markup: {line}"
        if re.match(r"import\b|export\b", line):
            yield f"module: {line}"
        if re.match(r" {0,3}(---|===|#|>|\||```)", line):
            yield f"Markdown: {line}"


def _references(folder: Path, read: Mapping[str, Page]) -> Iterator[str]:
    kinds: dict[str, set[tuple[str, str]]] = {}
    for kind, fields, _ in read.values():
        kinds.setdefault(kind, set()).add((fields["id"], str(fields.get("version"))))
    messages = set[tuple[str, str]]().union(*(kinds.get(kind, ()) for kind in ("events", "commands", "queries")))
    counts = Counter((kind, fields["id"], fields.get("version")) for kind, fields, _ in read.values())
    yield from (f"{key} is there {count} times" for key, count in counts.items() if count > 1)
    for name, (_, fields, _) in read.items():
        path = (folder / name).parent
        for owner in fields.get("owners", ()):
            if (owner, "None") not in kinds.get("teams", set()):
                yield f"{name}: no team {owner}"
        for member, known in (
            ("services", kinds.get("services", set())),
            ("entities", kinds.get("entities", set())),
            ("sends", messages),
            ("receives", messages),
        ):
            for pointer in fields.get(member, ()):
                if (pointer["id"], pointer["version"]) not in known:
                    yield f"{name}: {member} has no {pointer['id']} {pointer['version']}"
                yield from _channels(name, kinds, [*pointer.get("to", ()), *pointer.get("from", ())])
        yield from _channels(name, kinds, [*fields.get("channels", ()), *fields.get("routes", ())])
        files = [fields.get("schemaPath"), *(each["path"] for each in fields.get("specifications", ()))]
        yield from (f"{name}: no file {file}" for file in files if file and not (path / file).is_file())


def _channels(name: str, kinds: Mapping[str, set[tuple[str, str]]], pointers: list[Any]) -> Iterator[str]:
    known = {identity for identity, _ in kinds.get("channels", ())}
    yield from (f"{name}: no channel {pointer['id']}" for pointer in pointers if pointer["id"] not in known)
