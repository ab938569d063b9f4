"""The items of a justfile: recipes, aliases, imports, modules, settings, variables and comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_STRING = r"'''.*?'''|\"\"\".*?\"\"\"|```.*?```|'[^']*'|\"(?:\\.|[^\"\\])*\"|`[^`]*`"
_LINE = re.compile(rf"(?:[ \t][^\n]*|(?:{_STRING}|#[^\n]*|\\\n|[^\n])*)\n?", re.DOTALL)
"""A line of a body, or a line at the left margin, whose strings may contain line breaks."""

_STATEMENT = re.compile(
    r"(?:(?:alias|export|mod\??|set|unexport)\s+)?[\w-]+[ \t]*(?::=|['\"#]|$)|import\?\s*['\"]", re.MULTILINE
)
"""An alias, an import, a module, a setting or a variable. Other lines at the left margin begin a recipe."""

_RECIPE = re.compile(r"@?(?P<name>[a-zA-Z_][\w-]*)")
_IMPORT = re.compile(r"import\??\s*['\"](?P<path>[^'\"\n]+)")
_ABOVE = ("#", "[")
"""The first characters of comments and of attributes, which are above their item."""


def items(content: str) -> list[str]:
    """Return the items of a justfile, each with its comments and attributes. Joined, they are the whole content."""
    found, above = [""], ""
    for line in _LINE.findall(content):
        if line.startswith(_ABOVE):
            above += line
        elif above or _STATEMENT.match(line) or _RECIPE.match(line):
            found.append(above + line)
            above = ""
        else:
            found[-1] += line
    return [item for item in found if item.strip()]


def header(item: str) -> str:
    """Return the line below an item's comments and attributes; an empty string for comments without an item."""
    return next((line for line in _LINE.findall(item) if line.strip() and not line.startswith(_ABOVE)), "")


def comments(item: str) -> list[str]:
    """Return the lines with comments at the left margin."""
    return [line for line in _LINE.findall(item) if line.startswith("#")]


def code(item: str) -> str:
    """Return an item without its comments at the left margin."""
    return "".join(line for line in _LINE.findall(item) if not line.startswith("#")).strip()


def recipe(item: str) -> str:
    """Return the name of a recipe; an empty string for other items."""
    found = None if _STATEMENT.match(header(item)) else _RECIPE.match(header(item))
    return found["name"] if found else ""


def names(own: Iterable[str]) -> list[str]:
    """Return the names of the recipes among items."""
    return [name for item in own if (name := recipe(item))]


def imported(own: Iterable[str]) -> Iterator[str]:
    """Yield the paths of the imported files."""
    yield from (found["path"] for item in own if (found := _IMPORT.match(header(item))))


def uses(own: Iterable[str]) -> set[str]:
    """Return the words after the first colon of items: the dependencies of recipes, and the targets of aliases."""
    lines = (re.sub(rf"{_STRING}|#[^\n]*", "", header(item), flags=re.DOTALL) for item in own)
    return {word for line in lines for word in re.findall(r"[\w-]+", line.partition(":")[2])}
