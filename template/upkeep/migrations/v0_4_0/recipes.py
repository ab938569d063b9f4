"""The justfile: the template's recipes leave it, changed checks move to `pyproject.toml`, the team's items remain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError

from ..files import edit, text, write
from ..run import refused
from .justfile import code, comments, header, imported, items, names, recipe, uses

FILE = "justfile"
SETTINGS = "pyproject.toml"
STEPS = ("lint", "types", "imports", "test", "e2e", "fix")
"""The recipes that became commands of `[tool.bounded-context.check]`."""

_DEFAULT = "_list"
"""The template's first recipe, which `just` runs without arguments. Without it, the team's first recipe would run."""

_COMPLEX = re.compile(r"[|<>;{}`$\\#]")


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Reduce the justfile to the team's items; remove it if there are none."""
    path, theirs = repository / FILE, items(_text(template / FILE))
    if not path.is_file() or text(path) is None:
        return
    known = {recipe(item): item for item in theirs if recipe(item)}
    own = [left for item in items(_text(path)) if (left := _own(item, theirs))]
    moved = {recipe(item): command for item in own if (command := _moved(item, known.get(recipe(item), "")))}
    if moved:
        _add_checks(repository, moved)
    own = [item for item in own if recipe(item) not in moved]
    if own:
        _write(path, own, theirs)
    else:
        path.unlink()
    yield from _notes(own, known)


def _text(path: Path) -> str:
    return (text(path) or "").replace("\r\n", "\n") if path.is_file() else ""


def _own(item: str, theirs: list[str]) -> str:
    """Return the part of an item that the team wrote: the item, or only comments above an item of the template."""
    same = [other for other in theirs if code(other) == code(item)]
    if not same:
        return item
    left = "".join(line for line in comments(item) if line not in comments("".join(same)))
    return left and f"{left}\n"


def _moved(item: str, before: str) -> str:
    """Return the command of a changed check; an empty string if the team changed more than simple commands."""
    lines = item.split("\n")
    around = {line for line in lines if line and not line.startswith((" ", "\t"))}
    if recipe(item) not in STEPS or not around <= set(before.split("\n")):
        return ""
    body = [line.strip().lstrip("@-") for line in lines if line not in around and line.strip()]
    commands = [line.removeprefix("uv run ").removesuffix(' "$@"') for line in body]
    return "" if any(_COMPLEX.search(command) for command in commands) else " && ".join(commands)


def _add_checks(repository: Path, commands: Mapping[str, str]) -> None:
    def changed(content: str) -> str:
        try:
            document = tomlkit.parse(content)
        except ParseError as error:
            raise refused(repository, repository / SETTINGS, str(error)) from None
        table: Any = document
        for name in ("tool", "bounded-context", "check"):
            table = table.setdefault(name, tomlkit.table(is_super_table=name != "check"))
        for name, command in commands.items():
            table.setdefault(name, command)
        return tomlkit.dumps(document)

    edit(repository / SETTINGS, changed)


def _write(path: Path, own: list[str], theirs: list[str]) -> None:
    """Write the template's settings, the team's items, and the template's recipes that they need."""
    before = text(path) or ""
    present = {header(item) for item in own}
    settings = [line for item in theirs if (line := header(item)).startswith("set ") and line not in present]
    first = next((item for item in items(_text(path)) if recipe(item)), "")
    default = [first] if recipe(first) == _DEFAULT and first not in own else []
    needed = (item for item in _needed(path, own, theirs) if recipe(item) not in names(default))
    parts = ["".join(settings), *default, "".join(own), *needed]
    content = "\n\n".join(part.strip("\n") for part in parts if part.strip()) + "\n"
    write(path, content.replace("\n", "\r\n") if "\r\n" in before else content)


def _needed(path: Path, own: list[str], theirs: list[str]) -> list[str]:
    """Return the template's recipes that the team's items name, also in imported files, and those that these need."""
    known = {recipe(item): item for item in theirs if recipe(item) not in names(own)}
    wanted = uses([*own, *(item for file in imported(own) for item in items(_text(path.parent / file)))])
    needed = dict[str, str]()
    while found := {name: known[name] for name in known if name in wanted and name not in needed}:
        needed |= found
        wanted = uses(found.values())
    return list(needed.values())


def _notes(own: list[str], known: Mapping[str, str]) -> Iterator[str]:
    recipes = [name for name in names(own) if name not in known]
    if recipes:
        yield (
            f"{FILE}: your recipes {', '.join(recipes)} remain; `uvx --from rust-just just` runs them. Make them "
            f"commands of `context` in [tool.bounded-context.commands] of {SETTINGS}, or checks in "
            "[tool.bounded-context.check]."
        )
    elif others := [item.strip().split("\n")[-1] for item in own if not recipe(item)]:
        yield f"{FILE}: your lines remain, such as `{others[0]}`: delete the file if you need none of them."
    for name in (name for name in names(own) if name in known):
        yield f"{FILE}: your {name} remains there, and `context {name}` runs the library's: move your change."
