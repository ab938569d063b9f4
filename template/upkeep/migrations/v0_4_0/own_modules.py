"""The team's own modules in ``handlers/``: they move to the package, where the library looks for own functions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import libcst as cst

from ..files import edit, texts, write
from .handler_modules import FOLDER, HANDLER, handler_modules
from .list_steps import FILE

_LIBRARY = "bounded_context.handlers.entry_points"


def move(repository: Path, folder: Path) -> Iterator[str]:
    """Move the modules, and rename them in all text files. Yields a note if a module of that name exists."""
    for found in handler_modules(repository):
        target = folder / found.path.name
        if target.exists():
            old, new = (path.relative_to(repository).as_posix() for path in (found.path, target))
            yield f"{old}: it stays, because {new} exists. Rename it, and move it to src/{folder.name}/."
            continue
        write(target, cst.ensure_type(found.module.visit(_Raised()), cst.Module).code)
        found.path.unlink()


class _Raised(cst.CSTTransformer):
    """Makes relative imports start at the folder above: ``..model`` becomes ``.model``."""

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        if len(updated_node.relative) < 2:
            return updated_node
        return updated_node.with_changes(relative=updated_node.relative[1:])


def rename(repository: Path, folder: Path) -> None:
    """Rename the modules and their entry points in dotted names, such as those of tests and presets."""
    name = re.compile(rf"\b{folder.name}\.{FOLDER}\.(\w+)(?:\.({HANDLER}))?\b")
    for path, _ in texts(repository):
        edit(path, lambda content: name.sub(lambda found: _renamed(folder, found), content))


def _renamed(folder: Path, found: re.Match[str]) -> str:
    module, handler = found[1], found[2]
    if (folder / f"{module}.py").exists():
        return f"{folder.name}.{module}" + (f".{handler}" if handler else "")
    if (folder / FOLDER / f"{module}.py").exists():
        return found[0]
    steps = folder / FILE
    if steps.exists() and f"def {module}(" in steps.read_text(encoding="utf-8"):
        return f"{folder.name}.list_steps" + (f".{module}" if handler else "")
    return f"{_LIBRARY}.{module}" if handler else found[0]
