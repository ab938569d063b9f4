"""The modules in ``src/<package>/handlers/``, as versions before 0.4.0 have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst

from ..files import text
from ..python import calls, docstring, name_of, parsed

FOLDER, HANDLER = "handlers", "lambda_handler"


@dataclass(frozen=True)
class HandlerModule:
    """A module with an entry point. Its name is the name of the function."""

    path: Path
    module: cst.Module

    @property
    def name(self) -> str:
        """The name of the function."""
        return self.path.stem

    @property
    def function(self) -> cst.FunctionDef | None:
        """The entry point, if it is a function."""
        found = (line for line in self.module.body if isinstance(line, cst.FunctionDef))
        return next((line for line in found if line.name.value == HANDLER), None)

    @property
    def step(self) -> cst.Call | None:
        """The call of the decorator ``step``, if the entry point is a step of lists."""
        found = self.function
        calls = [one.decorator for one in found.decorators] if found else []
        return next((call for call in calls if isinstance(call, cst.Call) and name_of(call.func) == "step"), None)

    def call(self, function: str) -> cst.Call | None:
        """Return the only call of one of the library's functions, such as ``command_handler``."""
        found = list(calls(self.module, function))
        return found[0] if len(found) == 1 else None

    @property
    def docstring(self) -> str:
        """The source of the module's docstring."""
        return docstring(self.module.body)


def package(repository: Path) -> Path | None:
    """Return the folder of the context's package: the one with ``context.py``."""
    return next((path.parent for path in sorted(repository.glob("src/*/context.py"))), None)


def handler_modules(repository: Path) -> Iterator[HandlerModule]:
    """Yield the modules of entry points, in the order of names."""
    folder = package(repository)
    for path in sorted((folder / FOLDER).glob("*.py")) if folder else ():
        if path.stem != "__init__" and text(path) is not None:
            yield HandlerModule(path, parsed(repository, path))


def in_template(repository: Path, template: Path, path: Path) -> Path:
    """Return the path of the template's file with the same name."""
    return template / path.relative_to(repository)


def unchanged(repository: Path, template: Path, path: Path) -> bool:
    """Whether the team did not change a file. Line ends do not count."""
    other = in_template(repository, template, path)
    return other.is_file() and path.is_file() and _lines(other) == _lines(path)


def _lines(path: Path) -> list[str]:
    return (text(path) or "").splitlines()
