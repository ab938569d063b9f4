"""The edits of a repository's files that eject a part. ruff sorts the imports afterwards."""

import ast
import re
import tomllib
from pathlib import Path
from typing import Final

from .parts import OF_STEPS, Part

_TABLE: Final = "[tool.bounded-context.ejected]"


class NotEjected(Exception):
    """A part that cannot be ejected. The message is a sentence with the remedy."""


def recorded(path: Path, part: Part) -> str:
    """Return a pyproject.toml with the digest of a part's original. Raises NotEjected for a table in another form."""
    text = path.read_text(encoding="utf-8")
    before = re.sub(rf'^"{re.escape(part.name)}" *=.*\n', "", text, flags=re.MULTILINE)
    head, found, rest = before.partition(f"{_TABLE}\n")
    new = f"{head}{_TABLE}\n{part.line}\n{rest}" if found else f"{before.rstrip()}\n\n{_TABLE}\n{part.line}\n"
    try:
        tomllib.loads(new)
    except ValueError as error:
        raise NotEjected(f"{path.name}: write {_TABLE} as a table, and {part.line} below it ({error}).") from error
    return new


def with_step(path: Path, code: str) -> str:
    """Return a module of list steps with one more function, and with the imports of the library's module."""
    text = path.read_text(encoding="utf-8")
    used = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    imports = [
        f"from bounded_context.{_PUBLIC.get(node.module or '', node.module)} import {', '.join(names)}\n"
        for node in ast.parse(OF_STEPS.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ImportFrom) and (names := [name.name for name in node.names if name.name in used])
    ]
    lines = text.splitlines(keepends=True)
    last = max((node.end_lineno or 0 for node in ast.parse(text).body if isinstance(node, ast.ImportFrom)), default=0)
    return "".join((*lines[:last], *imports, *lines[last:], "\n\n", code))


_PUBLIC: Final = {"settings": "handlers", "steps": "handlers"}
"""The public modules of names that the library imports from other modules."""


def rewired(path: Path, name: str, module: str) -> str:
    """Return a program that imports a component from a module of its folder."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    for node in ast.parse(text).body:
        if isinstance(node, ast.ImportFrom) and node.module == "bounded_context_infra":
            moved = [alias for alias in node.names if alias.name == name]
            others = [alias for alias in node.names if alias.name != name]
            new = [ast.ImportFrom(module, moved, 0)] if moved else []
            new += [ast.ImportFrom(node.module, others, 0)] if moved and others else []
            if new:
                statements = "".join(f"{ast.unparse(statement)}\n" for statement in new)
                return "".join((*lines[: node.lineno - 1], statements, *lines[node.end_lineno :]))
    raise NotEjected(f"{path.name} imports no {name} from bounded_context_infra: import {name} from {module}.")
