"""The files of a repository from which the answers of its bake follow: declaration, model, `pyproject.toml`, stacks."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from ..upkeep.errors import NotOurs
from ..words import snake

_DECLARED = re.compile(r"(?P<package>[a-z]\w*)\.(?P<module>[\w.]+):\w+")


@dataclass(frozen=True)
class Code:
    """A context's repository: its folder, the table of `pyproject.toml`, and the names of package and declaration."""

    folder: Path
    project: Mapping[str, Any]
    package: str
    declaration: str
    """The declaration's file, relative to the folder."""

    @cached_property
    def declared(self) -> Mapping[str, ast.expr]:
        """The keyword arguments of the declaration's call of `Context`; empty without such a call."""
        calls = (node for node in ast.walk(self.tree(self.declaration)) if isinstance(node, ast.Call))
        found = next((call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Context"), None)
        return {word.arg: word.value for word in found.keywords if word.arg} if found else {}

    @cached_property
    def texts(self) -> str:
        """The text of the pages and of the declaration, in which names have their capitals."""
        paths = (*sorted(self.folder.glob("docs/*.md")), self.folder / "README.md", self.folder / self.declaration)
        return "\n".join(self.text(str(path.relative_to(self.folder))) for path in paths)

    def literal(self, name: str) -> object:
        """Return a declared value; None if it is missing or computed."""
        try:
            return ast.literal_eval(self.declared[name])
        except (KeyError, ValueError):
            return None

    def text(self, path: str) -> str:
        """Return the text of a file; an empty string if it is missing or not text."""
        try:
            return (self.folder / path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return ""

    def tree(self, path: str) -> ast.Module:
        """Return the syntax tree of a module; an empty one if it is missing or no Python."""
        try:
            return ast.parse(self.text(path))
        except SyntaxError:
            return ast.Module([], [])

    def setting(self, key: str, stacks: str) -> str | None:
        """Return the most frequent text of a setting in the files of ``stacks``, a pattern of paths; None without."""
        found = Counter(value for config in self._configs(stacks) if isinstance(value := config.get(key), str))
        return found.most_common(1)[0][0] if found else None

    def _configs(self, stacks: str) -> Iterator[Mapping[str, Any]]:
        for path in sorted(self.folder.glob(stacks)):
            try:
                yield yaml.safe_load(self.text(str(path.relative_to(self.folder))))["config"]
            except (yaml.YAMLError, TypeError, KeyError):
                continue

    def pascal(self, name: str) -> str:
        """Return a name of the declaration in PascalCase, with the acronyms of the pages: `vat_return`, `VATReturn`."""
        words = re.compile(rf"(?<![A-Za-z]){name.replace('_', ' ?')}(?![a-z])", re.IGNORECASE)
        found = {"".join(map(_capitalized, match.split(" "))) for match in words.findall(self.texts)}
        known = [word for word in sorted(found) if snake(word) == name and not word.isupper()]
        plain = "".join(map(_capitalized, name.split("_")))
        return max([plain, *known], key=lambda word: sum(map(str.isupper, word)))


def code_of(folder: Path) -> Code:
    """Open a repository. Raises NotOurs if the folder has no declaration of a context."""
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
        place = _DECLARED.fullmatch(project["tool"]["bounded-context"]["context"])
    except (OSError, ValueError, KeyError, TypeError):
        project, place = {}, None
    if place is None:
        raise NotOurs(
            f"{folder} is not a context's repository: no pyproject.toml names a declaration in [tool.bounded-context]."
        )
    file = f"src/{place['package']}/{place['module'].replace('.', '/')}.py"
    found = Code(folder, project, place["package"], file)
    if not found.declared:
        raise NotOurs(f"{folder}/{file} has no call of Context: restore the declaration that pyproject.toml names.")
    return found


def _capitalized(word: str) -> str:
    return word[:1].upper() + word[1:]
