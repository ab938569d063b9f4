"""Pieces of which pages are made, as HTML."""

from collections.abc import Iterable, Mapping
from html import escape


def text(said: str) -> str:
    """Return a sentence as HTML; what stands between backticks, one or two, is code."""
    parts = escape(said).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: Iterable[int] = ()) -> str:
    """Return a table that scrolls by itself where the screen is narrow; empty if it has no rows.

    Args:
        head: the columns' titles, as text.
        rows: their cells, as HTML; the first one of each row is its name.
        numbers: the columns, from 0, that hold numbers.
    """
    columns = [("number" if number in set(numbers) else "", title) for number, title in enumerate(head)]
    lines = [_row(cells, [kind for kind, _ in columns]) for cells in rows]
    if not lines:
        return ""
    titles = "".join(f'<th scope="col"{_class(kind)}>{escape(title)}</th>' for kind, title in columns)
    body = "\n".join(lines)
    # Who has no mouse scrolls what has the focus.
    named = f'role="region" aria-label="{escape(", ".join(title for _, title in columns))}"'
    return (
        f'<div class="wide" tabindex="0" {named}>\n<table>\n<thead><tr>{titles}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def facts(known: Mapping[str, str]) -> str:
    """Return names with what there is to say of each, as HTML; those of which there is nothing are left out."""
    items = "\n".join(f"<dt>{escape(name)}</dt><dd>{said}</dd>" for name, said in known.items() if said)
    return f"<dl>\n{items}\n</dl>" if items else ""


def preformatted(lines: str, kind: str) -> str:
    """Return text of which every character stays as it is; `kind` is its class."""
    return f'<pre class="{escape(kind)}" tabindex="0">{escape(lines, quote=False)}</pre>'


def _row(cells: Iterable[str], kinds: Iterable[str]) -> str:
    name, *others = zip(cells, kinds, strict=True)
    rest = "".join(f"<td{_class(kind)}>{cell}</td>" for cell, kind in others)
    return f'<tr><th scope="row"{_class(name[1])}>{name[0]}</th>{rest}</tr>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
