"""What a test reads of a repository besides the modules that it imports, as its own imports and fixtures tell."""

import ast
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Final


class Reads(Enum):
    """What a test depends on besides its imports."""

    NOTHING = "nothing"
    PROGRAM = "what the program registers"
    ANYTHING = "anything"


_FIXTURES: Final = frozenset({"monkeypatch", "caplog", "capsys", "request"})
"""Pytest's own that show a test nothing of the repository."""

_PLAIN: Final = frozenset(
    {
        *("__future__", "collections", "dataclasses", "datetime", "decimal", "enum", "functools", "itertools", "math"),
        *("hypothesis", "json", "operator", "pytest", "random", "re", "string", "typing", "uuid"),
        *("bounded_context", "bounded_context.testing"),
    }
)
"""What may be imported and opens no file and imports nothing by its name."""

_IN_MEMORY: Final = "InMemory"
_PROGRAM: Final = frozenset({"bounded_context.testing.graph"})


def reads(test: Path, packages: frozenset[str]) -> Reads:
    """Return what a test module reads; `packages` are the repository's own, whose imports the graph knows.

    Raises SyntaxError if it is not Python.
    """
    tree = ast.parse(test.read_text(encoding="utf-8"))
    strange = {name for name in _imported(tree) if name.split(".")[0] not in packages and not _plain(name)}
    if _fixtures(tree) or strange - _PROGRAM:
        return Reads.ANYTHING
    return Reads.PROGRAM if strange else Reads.NOTHING


def _plain(name: str) -> bool:
    return name in _PLAIN or (name.split(".")[0] in _PLAIN and not name.startswith("bounded_context"))


def _imported(tree: ast.AST) -> Iterator[str]:
    """The dotted names of modules, and of what is neither a stand-in nor a sample of the library's help for tests."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from {_of(node.module or "", one.name) for one in node.names}


def _of(module: str, name: str) -> str:
    harmless = name.startswith(_IN_MEMORY) or name in {"KNOWN", "Samples"}
    return f"{module}.{name}" if module == "bounded_context.testing" and not harmless else module


def _fixtures(tree: ast.Module) -> set[str]:
    """What tests and fixtures ask for that is neither made in this module, nor a parameter, nor harmless."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    known = {one.name for one in functions if one.decorator_list} | _parameters(tree) | _FIXTURES
    asking = [one for one in functions if one.name.startswith("test") or one.decorator_list]
    return {argument.arg for one in asking for argument in one.args.args if argument.arg != "self"} - known


def _parameters(tree: ast.AST) -> set[str]:
    """The names that `parametrize` gives values to; a property's are given by Hypothesis, and are not fixtures."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    marks = [one.args[0] for one in calls if isinstance(one.func, ast.Attribute) and one.func.attr == "parametrize"]
    named = [str(one.value) for one in marks if isinstance(one, ast.Constant)]
    return {name.strip() for names in named for name in names.split(",")}
