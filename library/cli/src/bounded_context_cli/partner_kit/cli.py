"""`context partner-kit`: a program and a page with which partners check lists before the upload.

The archive contains the modules that the check and the declaration import, the library's domain, and no others.

A column whose Python type has checks that the page cannot repeat is named on the page.
"""

import hashlib
import io
import json
import lzma
import os
import re
import sys
import tarfile
import tempfile
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Annotated, Any, Final

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from typer import Argument, Option

from bounded_context.application.detection import DAYS
from bounded_context.application.reading import limit
from bounded_context.declaration.context import Context
from bounded_context.domain.field_types import BY_KIND
from bounded_context.domain.fields import ENUMERATION, choices, kind_of
from bounded_context.domain.formats import CHOICES, PLAIN, Difference, FileFormat
from bounded_context.domain.rows import Rows
from bounded_context_infra.configuration.project import Project, ProjectError

from ..command.installed import repository
from ..command.output import fail, update_file
from ..package import PackageError, install
from ..programs import PRODUCTION
from ..programs.environment import LAYER
from ..views.pages import page as page_of
from ..views.pages import text
from ..views.pages.lists import html
from . import start
from .contents import Contents
from .modules import COMPILED, PURE, modules_of, require_start


def partner_kit(
    stack: Annotated[str, Argument(help="the Pulumi stack whose limits apply")] = PRODUCTION,
    partner: Annotated[str | None, Option(help="the partner whose format applies, instead of the plain format")] = None,
    output: Annotated[Path | None, Option(help="the folder of the files, by default build/partner-kit")] = None,
) -> int:
    """Write a program for Python and an HTML page that check a list with this context's rules, without a connection.

    Both contain the format and samples. Give them to partners. The page reads unpacked CSV only.

    Examples:
      context partner-kit
      context partner-kit --partner acme   in the format of the partner acme

    Exit status:
      0  both files are written
      1  a file could not be written
    """
    # The help does not need these modules, which import Pulumi and grimp.

    from .contents import contents

    try:
        project = repository()
        kit, folder = contents(project, stack, partner), output or project.build / "partner-kit"
        html, archive = folder / f"{kit.name}.html", folder / f"{kit.name}.pyz"
        html.unlink(missing_ok=True)
        if not (reason := unsupported(kit.format_)):
            update_file(html, page(kit, project.context))
        write(archive, project, kit.for_python())
    except (ProjectError, PackageError, OSError) as error:
        return fail(str(error))
    sys.stdout.write(f"{reason or html}\n{archive}\n")
    return 0


PYTHONS: Final = ("3.11", "3.12", "3.13", "3.14", "3.15")
PLATFORMS: Final[Mapping[str, str]] = {
    start.native("Windows", "AMD64"): "x86_64-pc-windows-msvc",
    start.native("Darwin", "arm64"): "aarch64-apple-darwin",
    start.native("Darwin", "x86_64"): "x86_64-apple-darwin",
    start.native("Linux", "x86_64"): "x86_64-manylinux2014",
    start.native("Linux", "aarch64"): "aarch64-manylinux2014",
}
"""The systems of partners, by the archive of their compiled modules, each with uv's name."""

CACHE: Final = "partner-kit-modules"
"""The folder of the compressed modules of each system, in the folder of builds."""

_TIME: Final = (1980, 1, 1, 0, 0, 0)
_SHEBANG: Final = b"#!/usr/bin/env python3\n"


def write(
    path: Path,
    project: Project,
    kit: Mapping[str, Any],
    pythons: Sequence[str] = PYTHONS,
    platforms: Mapping[str, str] = PLATFORMS,
) -> None:
    """Write the archive. ``kit`` has the values that the check reads.

    Raises:
        KitError: the declaration cannot be imported without the service.
        PackageError: uv cannot install pydantic.
    """
    _say("The modules of the check and of the rules")
    modules = modules_of(project)
    require_start(project, modules)
    if modules.absent:
        _say(f"Rows whose rule uses {', '.join(modules.absent)} are checked at the import.")
    known = json.dumps({**kit, "absent": modules.absent}).encode()
    entries = {"__main__.py": Path(start.__file__).read_bytes(), "code/kit.json": known}
    entries |= {f"code/{name}": source.read_bytes() for name, source in modules.sources.items()}
    entries |= _pydantic(pythons[0], platforms)
    for number, (archive, uv) in enumerate(platforms.items(), 1):
        cached = _cached(project.build / CACHE, uv, pythons)
        source = "from the last build" if cached.exists() else f"for Python {', '.join(pythons)}"
        _say(f"{number} of {len(platforms)}: pydantic for {uv}, {source}")
        entries[archive] = _native(cached, uv, pythons)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(_SHEBANG)
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in entries.items():
                packed.writestr(zipfile.ZipInfo(name, _TIME), data, zipfile.ZIP_DEFLATED)
    path.chmod(0o755)


def _say(sentence: str) -> None:
    """Print a sentence about the progress: standard output has the names of the files."""
    sys.stderr.write(f"{sentence}\n")


def _pydantic(python: str, platforms: Mapping[str, str]) -> dict[str, bytes]:
    """Return the files of pydantic and of the packages that it imports, without the compiled module."""
    with _installed((*PURE, COMPILED), python, next(iter(platforms.values()))) as folder:
        files = [path for path in sorted(folder.rglob("*.py")) if path.relative_to(folder).parts[0] != "bin"]
        return {f"code/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in files}


def _cached(folder: Path, platform: str, pythons: Sequence[str]) -> Path:
    """Return the file in the cache with the archive of the current pins for a system and some Pythons."""
    key = repr((_pins((COMPILED,)), platform, pythons, _FILTERS))
    return folder / f"{platform}-{hashlib.sha256(key.encode()).hexdigest()[:16]}.tar.xz"


def _native(cached: Path, platform: str, pythons: Sequence[str]) -> bytes:
    """Return an archive of the compiled modules for a system: they differ little, so together they are small.

    The archive is taken from the file of the cache, or written into it.
    """
    if not cached.exists():
        cached.parent.mkdir(parents=True, exist_ok=True)
        for outdated in cached.parent.glob(f"{platform}-*"):
            outdated.unlink()
        draft = cached.with_suffix(f".{os.getpid()}")
        draft.write_bytes(_packed(platform, pythons))
        draft.replace(cached)
    return cached.read_bytes()


_FILTERS: Final = [{"id": lzma.FILTER_LZMA2, "preset": 1, "dict_size": 8 * 2**20}]
"""A fast preset, with a dictionary that contains the module of the previous Python: 2 s and 4.0 MB for five Pythons.
The preset 6 takes 15 s for 3.6 MB."""


def _packed(platform: str, pythons: Sequence[str]) -> bytes:
    packed = io.BytesIO()
    with (
        lzma.LZMAFile(packed, "w", filters=_FILTERS) as compressed,
        tarfile.open(fileobj=compressed, mode="w|") as archive,
    ):
        for python in pythons:
            with _installed((COMPILED,), python, platform) as folder:
                for path in sorted((folder / COMPILED).glob("_pydantic_core.c*")):
                    entry = tarfile.TarInfo(path.name)
                    entry.size = path.stat().st_size
                    archive.addfile(entry, io.BytesIO(path.read_bytes()))
    return packed.getvalue()


@contextmanager
def _installed(names: Sequence[str], python: str, platform: str) -> Iterator[Path]:
    """Install packages for a Python and a system into a temporary folder, as the functions' layer pins them."""
    with tempfile.TemporaryDirectory() as scratch:
        pins, packages = Path(scratch, "pins.txt"), Path(scratch, "packages")
        pins.write_text(_pins(names), encoding="utf-8")
        install(packages, ("--python-version", python, "--python-platform", platform), requirements=pins)
        yield packages


def _pins(names: Sequence[str]) -> str:
    pins = re.findall(r"^[\w-]+==(?:.*\\\n)*.*\n", LAYER.read_text(encoding="utf-8"), re.MULTILINE)
    packages = {name.replace("_", "-") for name in names}
    return "".join(pin for pin in pins if pin.partition("==")[0] in packages)


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
    kinds = {"json-lines": "JSON lines", "fixed": "columns of fixed width", "xml": "XML", "xlsx": "workbooks"}
    parts = {"a first or last line": format_.control, "gzip": format_.compression != PLAIN.compression}
    other = kinds.get(format_.kind) or next((part for part, present in parts.items() if present), "")
    return other and f"The page cannot read {other}, so that only the program is written."


def page(kit: Contents, context: Context[Any]) -> str:
    """Return the page as HTML."""
    return page_of(f"{kit.form.title}: check a list", _body(kit, context), script=script(kit, context))


SCRIPTS: Final = ("checker.js", "detector.js", "viewer.js")


def script(kit: Contents, context: Context[Any], names: Sequence[str] = SCRIPTS) -> str:
    """Return the script of the page: the description of the columns, and the modules of the given names."""
    described = json.dumps(described_format(kit, context)).replace("<", "\\u003c")
    sources = [(_FOLDER / name).read_text(encoding="utf-8") for name in names]
    return "\n".join(['"use strict";', f"const FORMAT = {described};", *sources])


def described_format(kit: Contents, context: Context[Any]) -> dict[str, Any]:
    """Return the description of the lists that the script reads."""
    codes = {**kit.form.rows, **kit.form.lists}
    return {
        "columns": list(_columns(kit, context)),
        "file": asdict(context.rows.read_as(kit.format_)),
        "identity": context.identity,
        "most_bytes": kit.format_.most_bytes(kit.most_bytes),
        "limit": limit(kit.most_bytes, kit.format_),
        "tolerated_share": kit.tolerated_share.as_integer_ratio(),
        "remedies": {code: remedy for code, (_, remedy) in codes.items()},
        "formats": {name: _remedies(name, kit.format_) for name in (*CHOICES, "date", "header")},
        "days": DAYS,
    }


def _remedies(member: str, expected: FileFormat) -> str | dict[str, str]:
    """Return the remedy of each value of a format's member, or of a value that the page writes as it detects it."""
    if member not in CHOICES:
        return Difference(member, {"{}": ""} if member == "header" else "{}").remedy(expected)
    return {value: Difference(member, value).remedy(expected) for value in CHOICES[member]}


def _columns(kit: Contents, context: Context[Any]) -> Iterator[dict[str, Any]]:
    schema = context.details.model_json_schema(by_alias=False)
    for name, field in context.details.model_fields.items():
        own = _resolved(schema["properties"][name], schema.get("$defs", {}))
        checks = _checks(field, own)
        yield {"name": name, "required": field.is_required(), **_noted(kit, context.rows, name), **checks}


def _noted(kit: Contents, rows: Rows, name: str) -> dict[str, Any]:
    """Return the name, the expectation and the notation of a column in the partner's format."""
    kinds = {Decimal: "decimal", date: "date"}
    known = {kinds[kind]: kind in kit.format_.notations for kind in kinds if name in rows.of_type(kind)}
    type_, [title] = next(iter(known), None), kit.format_.names([name])
    notation, expected = type_ if type_ and known[type_] else None, rows.expected_in(kit.format_, name)
    return {"written": title, "expected": expected, "type": type_, "notation": notation}


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
    checks = {
        "pattern": None if _OTHER_SYNTAX.search(pattern) else pattern or None,
        "least": schema.get("minLength"),
        "most": schema.get("maxLength"),
        "kind": kind if kind in _BEYOND_SCHEMA else None,
        **_bounds(field),
    }
    return {name: value for name, value in checks.items() if value is not None}


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
    return [*fields, *(name for validators in (rules.field_validators, rules.model_validators) for name in validators)]


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
