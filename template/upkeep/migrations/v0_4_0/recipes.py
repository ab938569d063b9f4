"""The justfile: the template's recipes leave it, changed checks move to `pyproject.toml`, the team's recipes remain."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError

from ..files import edit, text, write
from ..run import refused

FILE = "justfile"
SETTINGS = "pyproject.toml"
STEPS = ("lint", "types", "imports", "test", "e2e", "fix")
"""The recipes that became commands of `[tool.bounded-context.check]`."""

_RECIPE = re.compile(r"^@?([a-zA-Z_][\w-]*)[^:=\n]*:(?!=)([^\n]*)", re.MULTILINE)
_COMPLEX = re.compile(r"[|<>;{}`$\\]")


def apply(repository: Path, template: Path) -> Iterator[str]:
    """Reduce the justfile to the team's recipes; remove it if there are none."""
    known = {_name(block): block for block in _blocks(template) if _name(block)}
    known_text = set(_blocks(template))
    own = [block for block in _blocks(repository) if block not in known_text]
    changed = {_name(block): _replaced(block) for block in own if _name(block) in known and _name(block) in STEPS}
    moved = {name: command for name, command in changed.items() if command}
    if moved:
        _add_checks(repository, moved)
    own = [block for block in own if _name(block) not in moved]
    _write(repository, own, known)
    yield from _notes([_name(block) for block in own if _name(block)], known)


def _blocks(repository: Path) -> list[str]:
    """Return the justfile's recipes with their comments, and its settings."""
    content = (text(repository / FILE) or "") if (repository / FILE).is_file() else ""
    blocks: list[str] = []
    for part in re.split(r"\n(?:[ \t]*\n)+", content.replace("\r\n", "\n").strip("\n")):
        if part[:1] in (" ", "\t") and blocks:
            blocks[-1] += f"\n\n{part}"
        elif part.strip():
            blocks.append(part.rstrip())
    return blocks


def _name(block: str) -> str:
    found = _RECIPE.search(block)
    return found[1] if found else ""


def _body(block: str) -> list[str]:
    return [line.strip().lstrip("@-") for line in block.split("\n") if line[:1] in (" ", "\t") and line.strip()]


def _replaced(block: str) -> str:
    """Return the command of a changed check; an empty string if it needs a shell."""
    lines = [line.removeprefix("uv run ").removesuffix(' "$@"') for line in _body(block)]
    return "" if any(_COMPLEX.search(line) for line in lines) else " && ".join(lines)


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


def _write(repository: Path, own: list[str], known: Mapping[str, str]) -> None:
    """Write the team's blocks, the template's recipes that they need, and the settings of the file."""
    path = repository / FILE
    if not any(map(_name, own)):
        path.unlink(missing_ok=True)
        return
    settings = [block for block in _blocks(repository) if block.startswith("set ") and block not in own]
    content = "\n\n".join([*settings, *own, *_needed(own, known)]) + "\n"
    before = text(path) or ""
    write(path, content.replace("\n", "\r\n") if "\r\n" in before else content)


def _needed(own: list[str], known: Mapping[str, str]) -> list[str]:
    """Return the template's recipes on which the team's recipes depend."""
    there = {_name(block) for block in own}
    names = [word for block in own if (found := _RECIPE.search(block)) for word in re.findall(r"[\w-]+", found[2])]
    wanted = [known[name] for name in dict.fromkeys(names) if name in known and name not in there]
    return [*wanted, *_needed([*own, *wanted], known)] if wanted else []


def _notes(names: list[str], known: Mapping[str, str]) -> Iterator[str]:
    own = [name for name in names if name not in known]
    if own:
        yield (
            f"{FILE}: your recipes {', '.join(own)} remain; `uvx --from rust-just just` runs them. Make them commands "
            f"of `context` in [tool.bounded-context.commands] of {SETTINGS}, or checks in [tool.bounded-context.check]."
        )
    for name in (name for name in names if name in known):
        yield f"{FILE}: your {name} remains there, and `context {name}` runs the library's: move your change."
