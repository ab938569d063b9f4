"""Parts of pages, as HTML."""

from collections.abc import Iterable, Mapping
from html import escape


def text(said: str) -> str:
    """Return a sentence as HTML, with text between single or double backticks as code."""
    parts = escape(said).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: Iterable[int] = ()) -> str:
    """Return a table that scrolls horizontally on narrow screens, or an empty text without rows.

    Args:
        head: the titles of the columns, as text.
        rows: the cells as HTML; the first cell of each row is the row's header.
        numbers: the columns with numbers, counted from 0.
    """
    columns = [("number" if number in set(numbers) else "", title) for number, title in enumerate(head)]
    lines = [_row(cells, [kind for kind, _ in columns]) for cells in rows]
    if not lines:
        return ""
    titles = "".join(f'<th scope="col"{_class(kind)}>{escape(title)}</th>' for kind, title in columns)
    body = "\n".join(lines)
    # Keyboard users can only scroll an element that has the focus.
    named = f'role="region" aria-label="{escape(", ".join(title for _, title in columns))}"'
    return (
        f'<div class="wide" tabindex="0" {named}>\n<table>\n<thead><tr>{titles}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def facts(known: Mapping[str, str]) -> str:
    """Return a definition list of names and values (HTML), without empty values."""
    items = "\n".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in known.items() if value)
    return f"<dl>\n{items}\n</dl>" if items else ""


def preformatted(lines: str, kind: str) -> str:
    """Return text as a preformatted block; `kind` is its class."""
    return f'<pre class="{escape(kind)}" tabindex="0">{escape(lines, quote=False)}</pre>'


def _row(cells: Iterable[str], kinds: Iterable[str]) -> str:
    name, *others = zip(cells, kinds, strict=True)
    rest = "".join(f"<td{_class(kind)}>{cell}</td>" for cell, kind in others)
    return f'<tr><th scope="row"{_class(name[1])}>{name[0]}</th>{rest}</tr>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
