"""The imports at the top of a module, in the order of isort."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .layout import WIDTH


@dataclass(frozen=True, order=True)
class Import:
    """An imported name: ``name`` is empty for ``import source``, ``alias`` for a name without ``as``."""

    source: str
    name: str = ""
    alias: str = ""

    @property
    def local(self) -> str:
        """The name in the importing module."""
        return self.alias or self.name or self.source.split(".")[0]

    def __str__(self) -> str:
        return f"{self.name or self.source} as {self.alias}" if self.alias else self.name or self.source


def block(imports: Iterable[Import]) -> str:
    """Return the lines of imports, with an empty line between the standard library, packages and relative imports."""
    sections: list[list[Import]] = [[], [], []]
    for item in set(imports):
        sections[section(item.source)].append(item)
    return "\n\n".join("\n".join(_lines(section)) for section in sections if section)


def section(source: str) -> int:
    """Return the section of a source: 0 for the standard library, 1 for packages, 2 for relative imports."""
    if source.startswith("."):
        return 2
    return 0 if source.split(".")[0] in sys.stdlib_module_names else 1


def _lines(section: list[Import]) -> Iterator[str]:
    yield from (f"import {item}" for item in sorted(section) if not item.name)
    with_name = [item for item in section if item.name]
    for source in sorted({item.source for item in with_name}, key=lambda source: (-_depth(source), source)):
        names = [str(item) for item in sorted(with_name, key=lambda item: order(item.name)) if item.source == source]
        yield _from(source, names)


def _depth(source: str) -> int:
    return len(source) - len(source.lstrip("."))


def _from(source: str, names: list[str]) -> str:
    line = f"from {source} import {', '.join(names)}"
    if len(line) <= WIDTH:
        return line
    return f"from {source} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def order(name: str) -> tuple[int, str]:
    """Return the place of a name: constants first, then classes, then the others."""
    return (0 if name.isupper() else 1 if name[:1].isupper() else 2, name)
