"""Imports of handler modules in other files: `functions.invoke` takes the names of functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import libcst as cst
import libcst.matchers as m

from ..files import edit, write
from ..python import add_import, imports, modules, name_of, remove_imports
from .handler_modules import FOLDER

_TESTS = "tests/test_handlers.py"
"""The template's tests, in which the constant ASKED is now QUERY."""


def by_name(repository: Path, folder: Path) -> Iterator[str]:
    """Call removed modules by name. Yields a note for each other use of a removed module."""
    source = f"{folder.name}.{FOLDER}"
    edit(repository / _TESTS, lambda content: content if "QUERY" in content else re.sub(r"\bASKED\b", "QUERY", content))
    for path, module in modules(repository, source):
        if path.is_relative_to(folder):
            continue
        names = _imported(module, source)
        moved = [name for name in names if (folder / f"{name}.py").exists()]
        gone = [name for name in names if name not in moved and not (folder / FOLDER / f"{name}.py").exists()]
        changed = cst.ensure_type(module.visit(_ByName(gone)), cst.Module)
        left = [name for name in gone if _is_used(changed, name)]
        changed = remove_imports(changed, source, *moved, *(name for name in gone if name not in left))
        changed = add_import(changed, folder.name, *moved) if moved else changed
        if changed.code != module.code:
            write(path, changed.code)
        for name in left:
            yield (
                f"{path.relative_to(repository).as_posix()}: the module {source}.{name} is gone: call "
                f'`functions.invoke("{name}", ...)`, as tests/test_handlers.py does.'
            )


def _imported(module: cst.Module, source: str) -> list[str]:
    """Return the names that a module imports from a source, under the same names."""
    return [name for found, name, local in imports(module) if found == source and name == local]


class _ByName(cst.CSTTransformer):
    """Replaces the module by its name in ``functions.invoke(module, event)``."""

    def __init__(self, names: Collection[str]) -> None:
        super().__init__()
        self._names = names

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if not m.matches(updated_node.func, m.Attribute(attr=m.Name("invoke"))) or not updated_node.args:
            return updated_node
        first, *others = updated_node.args
        name = name_of(first.value)
        if name not in self._names:
            return updated_node
        return updated_node.with_changes(args=[first.with_changes(value=cst.SimpleString(f'"{name}"')), *others])


def _is_used(module: cst.Module, name: str) -> bool:
    uses = m.findall(module, m.Name(name))
    in_imports = m.findall(module, m.ImportAlias(name=m.Name(name)))
    return len(uses) > len(in_imports)
