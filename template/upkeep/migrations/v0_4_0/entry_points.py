"""Entry points of commands, queries and other contexts' events: the library supplies them.

A module with only the library's call is removed. A module with more moves to the package, and its function's preset
names it. Functions of the team's own move to the package, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import libcst as cst

from ....words import snake
from ..files import text, texts
from ..python import calls, imports, name_of, parsed, statements
from .handler_modules import FOLDER, HANDLER, HandlerModule, handler_modules, in_template, package, unchanged
from .invocations import by_name
from .own_modules import move, rename
from .presets import named

_FUNCTIONS = ("command_handler", "get_handler", "list_handler", "event_handler")
_BOOTSTRAP = "bootstrap.py"


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Remove the plain modules, name the others in their presets, and call functions by name in tests."""
    folder = package(repository)
    if folder is None:
        return
    adapters = _same_adapters(repository, template, folder)
    library = _of_library(repository, template, folder)
    found = [handler for handler in handler_modules(repository) if handler.name in library]
    plain = [handler for handler in found if _is_plain(repository, template, handler, adapters)]
    own = [handler for handler in found if handler not in plain]
    for handler in plain:
        handler.path.unlink()
    yield from move(repository, folder)
    yield from named(repository, folder, [handler.name for handler in own])
    rename(repository, folder)
    yield from by_name(repository, folder)
    _clean(repository, template, folder)


def _of_library(repository: Path, template: Path, folder: Path) -> set[str]:
    """Return the functions whose entry points the library supplies."""
    context = parsed(repository, folder / "context.py")
    kinds = ("Command.creates", "Command.changes", "Command.deletes")
    commands = (call for kind in kinds for call in calls(context, kind) if call.args)
    others = sorted(in_template(repository, template, folder / FOLDER).glob("*.py"))
    return {snake(name_of(call.args[0].value)) for call in commands} | {
        path.stem for path in others if any(f"{function}(" in (text(path) or "") for function in _FUNCTIONS)
    }


def _same_adapters(repository: Path, template: Path, folder: Path) -> set[str]:
    """Return the adapters of ``bootstrap.py`` that the team did not change: those of the library's entry points."""
    before = _functions(template, in_template(repository, template, folder / _BOOTSTRAP))
    today = _functions(repository, folder / _BOOTSTRAP)
    return {name for name, code in today.items() if before.get(name) == code}


def _functions(repository: Path, path: Path) -> dict[str, str]:
    body = parsed(repository, path).body if path.is_file() else ()
    functions = [line for line in body if isinstance(line, cst.FunctionDef)]
    return {line.name.value: cst.Module([line]).code.strip() for line in functions}


def _is_plain(repository: Path, template: Path, handler: HandlerModule, adapters: Collection[str]) -> bool:
    """Whether a module does only what the library's entry point of its function does."""
    used = {name for source, name, _ in imports(handler.module) if source == "..bootstrap"}
    if not used <= set(adapters):
        return False
    if unchanged(repository, template, handler.path):
        return True
    call = handler.call("command_handler")
    if call is None or len(call.args) != 4 or snake(name_of(call.args[1].value)) != handler.name:
        return False
    return name_of(call.args[3].value) in used and _has_only(handler, call)


def _has_only(handler: HandlerModule, call: cst.Call) -> bool:
    """Whether a module has no statement besides a docstring, imports and the entry point, and no comment."""
    lines = [line for line in handler.module.body if not isinstance(next(statements([line]), None), _IMPORTS)]
    lines = [line for line in lines if line is not handler.module.body[0] or not handler.docstring]
    [only] = lines if len(lines) == 1 else [None]
    first = next(statements([only]), None) if only else None
    if not isinstance(first, cst.Assign) or first.value is not call or name_of(first.targets[0].target) != HANDLER:
        return False
    return "#" not in handler.module.code


_IMPORTS = (cst.Import, cst.ImportFrom)


def _clean(repository: Path, template: Path, folder: Path) -> None:
    """Remove ``bootstrap.py`` and the package ``handlers`` if nothing uses them."""
    bootstrap, marker = folder / _BOOTSTRAP, folder / FOLDER / "__init__.py"
    code = [content for path, content in texts(repository) if path.suffix == ".py" and path != bootstrap]
    if unchanged(repository, template, bootstrap) and not any("bootstrap import" in content for content in code):
        bootstrap.unlink()
    if unchanged(repository, template, marker) and not _others(marker):
        marker.unlink()
        with suppress(OSError):
            marker.parent.rmdir()


def _others(marker: Path) -> Sequence[Path]:
    return [path for path in marker.parent.rglob("*") if path != marker and path.is_file() and path.suffix != ".pyc"]
