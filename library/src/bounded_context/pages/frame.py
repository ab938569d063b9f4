"""What every page has: its title, its language, the common style, and the word to the browser to load nothing."""

from collections.abc import Iterable
from html import escape
from pathlib import Path
from typing import Final

STYLE: Final = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
"""The style sheet of all pages, by day and in the dark, for wide screens and for phones."""

# The browser itself makes sure of it: no script runs, and nothing is loaded from anywhere.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page(title: str, body: Iterable[str], style: str = "") -> str:
    """Return a page as HTML.

    Args:
        title: its title and its first heading, as text.
        body: what stands below the heading, as HTML.
        style: what this page has of its own besides the common style.
    """
    said = escape(title)
    head = (
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        f"<title>{said}</title>",
        f"<style>\n{STYLE}{style}</style>",
    )
    top, within = ('<!doctype html>\n<html lang="en">\n<head>', "</head>\n<body>\n<main>"), (f"<h1>{said}</h1>", *body)
    return "\n".join((top[0], *head, top[1], *within, "</main>\n</body>\n</html>\n"))
