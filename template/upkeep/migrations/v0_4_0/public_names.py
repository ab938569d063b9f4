"""Renamed names of the library's runtime: `Beside`, its arguments, and attributes of the declared context."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from ..files import write
from ..python import imports, modules, name_of
from .names import LIBRARY

_CLASSES = {"Beside": "PreviousVersion"}
_ARGUMENTS = {"Beside": {"made": "convert"}, "Context": {"beside": "previous_version"}}
_OF_CONTEXT = {
    "beside": "previous_version",
    "deleted": "deletion_event",
    "first": "initial_status",
    "heard": "versions_for",
    "reached": "event_by_status",
    "things": "referenced_kinds",
    "told": "event_versions",
}
_OF_OBJECTS = {"given_up": "cancelled", "stood": "previous_status"}
"""Attributes of lists and aggregates."""


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Rename the names in all Python files that import the library or the declared context."""
    for path, module in modules(repository, LIBRARY, "context import"):
        renamed = module.visit(_Renamed(module))
        if renamed.code != module.code:
            write(path, renamed.code)
    return iter(())


class _Renamed(cst.CSTTransformer):
    """Renames the classes that the module imports, arguments of calls, and attributes of contexts and aggregates."""

    def __init__(self, module: cst.Module) -> None:
        super().__init__()
        found = list(imports(module))
        self._locals = {local: name for source, name, local in found if source == LIBRARY}
        self._contexts = {local for source, _, local in found if source.rpartition(".")[2] == "context"}

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        name = updated_node.value
        is_class = name in _CLASSES and self._locals.get(name) == name
        return updated_node.with_changes(value=_CLASSES[name]) if is_class else updated_node

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        if isinstance(updated_node.names, cst.ImportStar) or name_of(updated_node.module) != LIBRARY:
            return updated_node
        if {*_CLASSES}.isdisjoint(self._locals.values()):
            return updated_node
        names = sorted(map(_imported, updated_node.names), key=_place)
        pairs = zip(updated_node.names, names, strict=True)
        return updated_node.with_changes(names=[new.with_changes(comma=old.comma) for old, new in pairs])

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        renamed = _ARGUMENTS.get(self._locals.get(name_of(original_node.func), ""), {})
        return updated_node.with_changes(args=[_argument(found, renamed) for found in updated_node.args])

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        names = _OF_OBJECTS | (_OF_CONTEXT if name_of(updated_node.value) in self._contexts else {})
        name = updated_node.attr.value
        return updated_node.with_changes(attr=cst.Name(names[name])) if name in names else updated_node


def _imported(alias: cst.ImportAlias) -> cst.ImportAlias:
    name = name_of(alias.name)
    return alias.with_changes(name=cst.Name(_CLASSES[name])) if name in _CLASSES else alias


def _place(alias: cst.ImportAlias) -> tuple[bool, str]:
    """Return the position of an import in its line: classes come before functions."""
    name = name_of(alias.name)
    return name[0].islower(), name


def _argument(found: cst.Arg, renamed: dict[str, str]) -> cst.Arg:
    if found.keyword is None or found.keyword.value not in renamed:
        return found
    return found.with_changes(keyword=cst.Name(renamed[found.keyword.value]))
