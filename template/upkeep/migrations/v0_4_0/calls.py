"""Calls of `just` and `python -m bounded_context...` in workflows, buildspecs, scripts, pages and Python code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..files import texts, write
from ..python import parsed
from .arguments import arguments
from .names import LIBRARY, MODULES, RECIPES, WITHOUT_ARGUMENTS

_JUST = "uvx --from rust-just==1.59.0 just"
"""The call of a team's own recipe: `just` is no longer a dependency of the repository."""

_NAMES = "|".join(sorted(RECIPES, key=len, reverse=True))
_MORE = rf"(?P<more>(?:[ \t]+(?:{_NAMES})(?![\w-]))*)"
_RUN = re.compile(
    r"\buv run(?P<options>(?:[ \t]+(?!just\b)[^\s;&|`'\"]+){0,6})[ \t]+just"
    rf"(?:[ \t]+(?P<name>[a-z][\w-]*){_MORE})?(?![\w-])"
)
_QUOTED = re.compile(rf"(?P<start>[\"'`])just (?P<name>{_NAMES})(?![\w-]){_MORE}")
_TYPED = re.compile(
    rf"(?P<start>^[ \t]*(?:- +)?|(?:&&|\|\||;|\$|:)[ \t]+)just (?P<name>{_NAMES})(?![\w-]){_MORE}", re.MULTILINE
)
_FENCED = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_MODULE = re.compile(r"(?P<folder>[\w./${}-]*/)?\bpython(?:3[\d.]*)?[ \t]+-m[ \t]+bounded_context\.(?P<name>[\w.]*\w)")
_LAUNCHED = re.compile(r'"module":(?P<space>\s*)"bounded_context\.(?P<name>[\w.]+)"(?P<arguments>,\s*"args":\s*\[)?')
_WORDS = {"just": re.compile(r"""["']just["']"""), LIBRARY: re.compile(rf"""["']{LIBRARY}\.""")}
"""The words of a call that is a list of strings."""

_PROSE = (".md", ".rst", ".txt", ".py")
"""Files with sentences, in which a line may begin with the word `just`."""


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Replace the calls in all text files, and name the calls without a replacement."""
    for path, content in texts(repository):
        if _skipped(path):
            continue
        changed = _replaced(path, content)
        if path.suffix == ".py" and (names := [name for name, quoted in _WORDS.items() if quoted.search(changed)]):
            changed = arguments(parsed(repository, path, changed, names))
        if changed != content:
            write(path, changed)
        yield from _left(path.relative_to(repository).as_posix(), changed)


def _skipped(path: Path) -> bool:
    return path.name.upper().startswith("CHANGELOG")


def _replaced(path: Path, content: str) -> str:
    content = _MODULE.sub(_module, content)
    content = _QUOTED.sub(_plain, _RUN.sub(_recipe, content))
    if path.suffix == ".json":
        content = _LAUNCHED.sub(_launched, content)
    if path.suffix in _PROSE:
        return _FENCED.sub(lambda block: _TYPED.sub(_plain, block[0]), content)
    return _TYPED.sub(_plain, content)


def _module(found: re.Match[str]) -> str:
    words = MODULES.get(found["name"])
    if words is None:
        return found[0]
    return f"{found['folder'] or ''}context {words}".rstrip()


def _recipe(found: re.Match[str]) -> str:
    name = found["name"] or ""
    start = f"uv run{found['options']} context"
    if not name:
        return start
    return _commands(start, found) if name in RECIPES else f"{_JUST} {name}{found['more']}"


def _plain(found: re.Match[str]) -> str:
    return found["start"] + _commands("context", found)


def _commands(start: str, found: re.Match[str]) -> str:
    """Return the commands of recipes in one call of `just`; arguments follow only a recipe that takes arguments."""
    name, more = found["name"], found["more"]
    if name not in WITHOUT_ARGUMENTS:
        return f"{start} {RECIPES[name]}{more}"
    return " && ".join(f"{start} {RECIPES[recipe]}" for recipe in (name, *more.split()))


def _launched(found: re.Match[str]) -> str:
    """Return the entry of a debugger's configuration that starts the console script."""
    words = MODULES.get(found["name"])
    if words is None or (words and not found["arguments"]):
        return found[0]
    added = "".join(f'"{word}", ' for word in words.split())
    return f'"program":{found["space"]}"${{workspaceFolder}}/.venv/bin/context"{found["arguments"] or ""}{added}'


def _left(name: str, content: str) -> Iterator[str]:
    for number, line in enumerate(content.splitlines(), 1):
        if found := re.search(rf"-m[ \t]+{LIBRARY}\.[\w.]+", line):
            yield f"{name}:{number}: `{found[0]}` has no replacement: see `uv run context --help`."
