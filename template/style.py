"""Python as a repository's own formatter and linter want it, whatever the names in it are."""

from __future__ import annotations

import re
from collections.abc import Iterable

LINE = 120
"""A repository's longest line."""

_IMPORT = re.compile(r"^from \S+ import (?!\()[^\n]*<<[^\n]*\n", re.MULTILINE)


def sorting_imports(source: str) -> str:
    """Return a template with each import of a derived name put through the filter ``imported``."""
    return _IMPORT.sub(lambda match: f"<% filter imported %>\n{match[0]}<% endfilter %>\n", source)


def imported(line: str) -> str:
    """Return ``from module import b, A`` with its names in ruff's order, one a line if it is too long otherwise."""
    module, _, names = line.rstrip("\n").partition(" import ")
    members = sorted(names.split(", "), key=_order)
    short = f"{module} import {', '.join(members)}\n"
    return short if len(short) <= LINE + 1 else f"{module} import {_one_a_line(members)}\n"


def fitted(text: str) -> str:
    """Return a line with one call, signature or tuple as ruff breaks it: if it is too long, within its brackets."""
    line = text.rstrip("\n")
    if len(line) <= LINE or "(" not in line:
        return text
    indent = line[: len(line) - len(line.lstrip())]
    head, _, rest = line.partition("(")
    inner, _, tail = rest.rpartition(")")
    members = inner.rstrip(",").split(", ")
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
    """Constants before classes before functions, then by letters and numbers, as ruff's isort does it."""
    kind = 0 if len(name) > 1 and name.isupper() else 1 if name[0].isupper() else 2
    parts = re.findall(r"\d+|\D+", name.lower())
    return kind, [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in parts]
