"""The frame of every page and the parts of its body, as HTML."""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Final

STYLE: Final = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
"""The style sheet of all pages, for the light and the dark colour scheme, wide screens and phones."""

# With this policy, browsers load no resources, send no data, and run no script but the page's own.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, body: Iterable[str], style: str = "", script: str = "") -> str:
    """Return a page as HTML.

    Args:
        title: the title and first heading, as text.
        body: the content below the heading, as HTML.
        style: additional style of this page.
        script: the script of this page, which must not contain the text `</script`.
    """
    escaped_title = escape(title)
    policy, scripts = _POLICY, []
    if script:
        policy += f"; script-src 'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"
        scripts = [f"<script>{script}</script>"]
    head = (
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escaped_title}</title>",
        f"<style>\n{STYLE}{style}</style>",
    )
    top, main = '<!doctype html>\n<html lang="en">\n<head>', "</head>\n<body>\n<main>"
    return "\n".join((top, *head, main, f"<h1>{escaped_title}</h1>", *body, "</main>", *scripts, "</body>\n</html>\n"))


def text(sentence: str) -> str:
    """Return a sentence as HTML, with text between single or double backticks as code."""
    parts = escape(sentence).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(parts))


_FEW: Final = 2
"""The columns that fit on a phone. The rows of a wider table become blocks there, with a title before each cell."""


def table(head: Iterable[str], rows: Iterable[Iterable[str]], numbers: Iterable[int] = ()) -> str:
    """Return a table, or an empty text without rows.

    Args:
        head: the titles of the columns, as text.
        rows: the cells as HTML; the first cell of each row is the row's header.
        numbers: the columns with numbers, counted from 0.
    """
    columns = [("number" if number in set(numbers) else "", title) for number, title in enumerate(head)]
    lines = [_row(cells, columns) for cells in rows]
    if not lines:
        return ""
    titles = "".join(f'<th scope="col"{_class(kind)}>{escape(title)}</th>' for kind, title in columns)
    body = "\n".join(lines)
    # Keyboard users can only scroll an element that has the focus.
    attributes = f'role="region" aria-label="{escape(", ".join(title for _, title in columns))}"'
    narrow = ' class="blocks"' if len(columns) > _FEW else ""
    return (
        f'<div class="wide" tabindex="0" {attributes}>\n<table{narrow}>\n<thead><tr>{titles}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def facts(values: Mapping[str, str]) -> str:
    """Return a definition list of names and values (HTML), without empty values."""
    items = "\n".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in values.items() if value)
    return f"<dl>\n{items}\n</dl>" if items else ""


def preformatted(lines: str, kind: str) -> str:
    """Return text as a preformatted block; `kind` is its class."""
    return f'<pre class="{escape(kind)}" tabindex="0">{escape(lines, quote=False)}</pre>'


def _row(cells: Iterable[str], columns: Iterable[tuple[str, str]]) -> str:
    name, *others = (
        f'{_class(kind)} data-title="{escape(title)}">{cell}'
        for cell, (kind, title) in zip(cells, columns, strict=True)
    )
    return f'<tr><th scope="row"{name}</th>{"".join(f"<td{other}</td>" for other in others)}</tr>'


def _class(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
