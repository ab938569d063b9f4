"""The frame of every page: title, language, common style, and a policy against loading other resources."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final

STYLE: Final = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
"""The style sheet of all pages, for the light and the dark colour scheme, wide screens and phones."""

# With this policy, browsers run no scripts and load no resources.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, body: Iterable[str], style: str = "") -> str:
    """Return a page as HTML.

    Args:
        title: the title and first heading, as text.
        body: the content below the heading, as HTML.
        style: additional style of this page.
    """
    escaped_title = escape(title)
    head = (
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{escaped_title}</title>",
        f"<style>\n{STYLE}{style}</style>",
    )
    top, main = (
        ('<!doctype html>\n<html lang="en">\n<head>', "</head>\n<body>\n<main>"),
        (f"<h1>{escaped_title}</h1>", *body),
    )
    return "\n".join((top[0], *head, top[1], *main, "</main>\n</body>\n</html>\n"))
