"""The reference of names: a page for each module from which a repository imports, made of `__all__` and docstrings."""

import ast
import inspect
import sys
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

MODULES: Final = {
    "bounded_context": "the declaration, the model, commands, refusals, field types",
    "bounded_context.handlers": "entry points of functions",
    "bounded_context.lists": "steps of the list workflow, checks of rows",
    "bounded_context.aws": "what a context runs on in AWS",
    "bounded_context_infra": "components, presets of functions, settings of a stack",
    "bounded_context_infra.pipeline": "the delivery pipeline",
    "bounded_context.testing": "samples, memory in the place of AWS, a list in one call",
    "bounded_context_cli.testing": "the published events that a context consumes",
}
"""Each with what it is for."""


class NoDocstring(LookupError):
    """A public constant says nothing of itself."""


def write_names(source: Path) -> None:
    """Write the pages below `source`/reference."""
    for name, what in MODULES.items():
        module = import_module(name)
        blocks = "\n".join(_directive(name, one) for one in sorted(module.__all__, key=str.lower))
        page = f"# {name}\n\nFor {what}. {inspect.getdoc(module)}\n\n```{{eval-rst}}\n{blocks}\n```\n"
        (source / "reference" / f"{name}.md").write_text(page, encoding="utf-8")


def _directive(module: str, name: str) -> str:
    # As `from module import name` does: some names are looked up when they are asked for, one is a module.
    one = getattr(__import__(module, fromlist=[name]), name)
    kind = _kind(one)
    if kind == "data":
        return f".. py:data:: {name}\n   :module: {module}\n\n   {_said_of(name, one)}\n"
    options = "" if kind == "autofunction" else "   :members:\n"
    if kind == "autoclass" and one.__module__ == "bounded_context.declaration.context":
        # Its fields and properties are in its base class.
        options += "   :inherited-members: Generic\n"
    return f".. {kind}:: {module}.{name}\n{options}"


def _kind(one: Any) -> str:
    if inspect.isclass(one):
        return "autoexception" if issubclass(one, BaseException) else "autoclass"
    if inspect.ismodule(one):
        return "automodule"
    return "autofunction" if inspect.isroutine(one) or hasattr(one, "__wrapped__") else "data"


def _said_of(name: str, one: Any) -> str:
    """What stands below the assignment of a constant, in the library's module that makes it. Raises NoDocstring."""
    for module in [module for place, module in sys.modules.items() if place.startswith("bounded_context")]:
        if getattr(module, name, None) is one and (said := _below(ast.parse(inspect.getsource(module)), name)):
            return said
    raise NoDocstring(f"{name} is public, and no docstring stands below its assignment")


def _below(tree: ast.Module, name: str) -> str:
    for assigned, after in pairwise(tree.body):
        match assigned, after:
            case (
                ast.Assign(targets=[ast.Name(id=found)]) | ast.AnnAssign(target=ast.Name(id=found)),
                ast.Expr(value=ast.Constant(value=str(said))),
            ) if found == name:
                return " ".join(said.split())
    return ""
