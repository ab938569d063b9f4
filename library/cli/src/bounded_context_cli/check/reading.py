"""A test's dependencies besides the repository's modules that it imports, judged by its imports and fixtures."""

import ast
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Final


class Reads(Enum):
    """A test's dependencies besides its imports."""

    NOTHING = "nothing"
    PROGRAM = "what the program registers"
    ANYTHING = "anything"


_FIXTURES: Final = frozenset({"monkeypatch", "caplog", "capsys", "request"})
"""Fixtures of pytest that do not read the repository."""

_PLAIN: Final = frozenset(
    {
        *("__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "itertools", "math"),
        *("hypothesis", "json", "operator", "pytest", "random", "re", "string", "typing", "uuid"),
        *("bounded_context", "bounded_context.testing"),
    }
)
"""Modules that neither open files nor import modules by name."""

_IN_MEMORY: Final = "InMemory"
_PROGRAM: Final = frozenset({"bounded_context_cli.testing.graph"})


def reads(test: Path, packages: frozenset[str]) -> Reads:
    """Return a test module's dependencies besides `packages`, the repository's packages, which the graph covers.

    Raises SyntaxError if the file is not Python.
    """
    tree = ast.parse(test.read_text(encoding="utf-8"))
    strange = {name for name in _imported(tree) if name.split(".")[0] not in packages and not _plain(name)}
    if _fixtures(tree) or strange - _PROGRAM:
        return Reads.ANYTHING
    return Reads.PROGRAM if strange else Reads.NOTHING


def _plain(name: str) -> bool:
    return name in _PLAIN or (name.split(".")[0] in _PLAIN and not name.startswith("bounded_context"))


def _imported(tree: ast.AST) -> Iterator[str]:
    """Yield the imported modules. Names from `bounded_context.testing` are added, except stand-ins and samples."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from {_of(node.module or "", alias.name) for alias in node.names}


def _of(module: str, name: str) -> str:
    harmless = name.startswith(_IN_MEMORY) or name in {"KNOWN", "Samples"}
    return f"{module}.{name}" if module == "bounded_context.testing" and not harmless else module


def _fixtures(tree: ast.Module) -> set[str]:
    """Return the fixtures that tests request from outside this module, without parameters and harmless fixtures."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    known = {function.name for function in functions if function.decorator_list} | _parameters(tree) | _FIXTURES
    requesting = [function for function in functions if function.name.startswith("test") or function.decorator_list]
    arguments = {argument.arg for function in requesting for argument in function.args.args}
    return arguments - {"self"} - known


def _parameters(tree: ast.AST) -> set[str]:
    """Return the names of `parametrize`'s parameters. Hypothesis's parameters are not considered."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    marks = [call.args[0] for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "parametrize"]
    texts = [str(mark.value) for mark in marks if isinstance(mark, ast.Constant)]
    return {name.strip() for names in texts for name in names.split(",")}
