"""Attributes and arguments of `bounded_context.infra` with a new name, in copies of components."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from ..files import write
from ..python import modules, name_of

_ATTRIBUTES = {"doors": "endpoints", "given_up": "abandoned"}
_CLASSES = ("Notice", "Objective", "Promise")
_ARGUMENTS = {"says": "effect", "kept": "metrics"}


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Rename them in the Python files of the programs that import the library."""
    for path, module in modules(repository / "infra", "bounded_context.infra"):
        renamed = module.visit(_Renamed())
        if renamed.code != module.code:
            write(path, renamed.code)
    return iter(())


class _Renamed(cst.CSTTransformer):
    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        name = updated_node.attr.value
        return updated_node.with_changes(attr=cst.Name(_ATTRIBUTES.get(name, name)))

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if name_of(updated_node.func).split(".")[-1] not in _CLASSES:
            return updated_node
        return updated_node.with_changes(args=[_argument(argument) for argument in updated_node.args])


def _argument(argument: cst.Arg) -> cst.Arg:
    name = argument.keyword.value if argument.keyword else ""
    return argument.with_changes(keyword=cst.Name(_ARGUMENTS[name])) if name in _ARGUMENTS else argument
