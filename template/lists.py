"""The generator of the partners' page ``docs/lists.md``, equal to that of ``context contracts``.

A bake has no pydantic, so the columns come from the answers. A test of each repository compares the page with the code.
"""

from __future__ import annotations

import json
import runpy
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .alone import alone
from .answers import Field, references_of
from .field_types import IDENTIFIER, field_type
from .library import CODE

if TYPE_CHECKING:
    from bounded_context.domain.field_types import FieldType

NAME = Path("docs", "lists.md")
_EITHER = runpy.run_path(str(CODE["runtime"] / "domain" / "spelling.py"))["either"]
_FAULTS = CODE["runtime"] / "domain" / "faults.py"
_DEFAULTS = CODE["infra"] / "configuration" / "defaults.py"


def expand(project: Path, answers: Mapping[str, Any], package: str, fields: Sequence[Field]) -> None:
    """Write the page into a project, unless the project has it already."""
    path = project / NAME
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(answers, package, fields), encoding="utf-8")


def page(answers: Mapping[str, Any], package: str, fields: Sequence[Field]) -> str:
    """Return the page of a repository's answers."""
    lists, codes = alone("cli", "views.pages.lists"), runpy.run_path(str(_FAULTS))
    types = {f"{package}_id": IDENTIFIER, **{field.name: field_type(field.type) for field in fields}}
    columns = [lists.Column(name, _accepted(known), _text(known.example)) for name, known in types.items()]
    unknown = () if references_of(answers["verification"]) else ("unknown",)
    rows = {code: texts for code, texts in codes["ROW_CODES"].items() if code not in unknown}
    defaults = runpy.run_path(str(_DEFAULTS))
    limits = (defaults[name] for name in ("MAX_LIST_MB", "TOLERATED_SHARE", "TEMPORARY_NAMES"))
    return lists.markdown(lists.ListFormat(answers["display_name"], columns, rows, codes["LIST_CODES"], *limits))


def _accepted(known: FieldType) -> str:
    """Return the description of a type. An enumeration has the values instead."""
    return known.accepted or _EITHER((known.stored or {}).get("enum", ()))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
