"""Checks of rows: their argument is a sequence of typed rows, whose ``values`` are those of the staged rows before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst
import libcst.matchers as m

from ..files import write
from ..python import add_import, modules, remove_imports

_OLD, _NEW = "StagedRow", "TypedRow"
_SOURCE = "bounded_context.lists"
_ANNOTATION = m.Subscript(value=m.Name("list"), slice=[m.SubscriptElement(slice=m.Index(value=m.Name(_OLD)))])


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Replace the annotation ``list[StagedRow]`` in all Python files."""
    for path, module in modules(repository, _OLD):
        if not m.findall(module, _ANNOTATION):
            continue
        new = cst.parse_expression(f"Sequence[{_NEW}[Any]]")
        changed = cst.ensure_type(m.replace(module, _ANNOTATION, new), cst.Module)
        changed = add_import(changed, _SOURCE, _NEW)
        changed = add_import(changed, "typing", "Any")
        changed = add_import(changed, "collections.abc", "Sequence")
        if len(m.findall(changed, m.Name(_OLD))) == 1:
            changed = remove_imports(changed, _SOURCE, _OLD)
        write(path, changed.code)
    yield from ()
