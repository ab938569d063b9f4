"""Layout of generated Python: it passes the repository's formatter and linter with names of any length."""

from __future__ import annotations

import re
from collections.abc import Iterable

LINE = 120
"""The maximum length of a line in a repository."""

_IMPORT = re.compile(r"^from \S+ import (?!\()[^\n]*<<[^\n]*\n", re.MULTILINE)


_SEPARATOR = re.compile(r", (?![^(]*\))")
"""Between two members, and not within the brackets of a member."""


def sorting_imports(source: str) -> str:
    """Return a template in which each import of a derived name passes through the filter ``imported``."""
    return _IMPORT.sub(lambda match: f"<% filter imported %>\n{match[0]}<% endfilter %>\n", source)


def imported(line: str) -> str:
    """Return ``from module import b, A`` with the names in ruff's order, each on its own line if the import is long."""
    module, _, names = line.rstrip("\n").partition(" import ")
    members = sorted(names.split(", "), key=_order)
    short = f"{module} import {', '.join(members)}\n"
    return short if len(short) <= LINE + 1 else f"{module} import {_one_a_line(members)}\n"


def fitted(text: str) -> str:
    """Return a line with a call, signature or tuple as ruff formats it: a long line is broken within its brackets."""
    line = text.rstrip("\n")
    if len(line) <= LINE or "(" not in line:
        return text
    indent = line[: len(line) - len(line.lstrip())]
    head, _, rest = line.partition("(")
    inner, _, tail = rest.rpartition(")")
    members = _SEPARATOR.split(inner.rstrip(","))
    body = f"{indent}    {', '.join(members)}\n"
    if len(body) > LINE + 1 or head.endswith("="):
        body = "".join(f"{indent}    {member},\n" for member in members)
    return f"{head}(\n{body}{indent}){tail}\n"


def tupled(values: Iterable[str]) -> str:
    """Return ``("a", "b")``."""
    texts = [f'"{value}"' for value in values]
    return f"({', '.join(texts)}{',' if len(texts) == 1 else ''})"


def _one_a_line(items: Iterable[str]) -> str:
    return "(\n" + "".join(f"    {item},\n" for item in items) + ")"


def _order(name: str) -> tuple[int, list[tuple[bool, int, str]]]:
    """Return a sort key: constants, classes, functions, each by letters and numbers, as in ruff's isort.

    Numbers with a leading zero come first, and are compared by their digits (the crate natord, which ruff uses).
    """
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2
    parts = re.findall(r"\d+|\D+", name.lower())
    return kind, [(not part.isdigit(), int(part) if part.isdigit() and part[0] != "0" else -1, part) for part in parts]
