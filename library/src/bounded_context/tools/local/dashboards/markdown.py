"""Text widgets: Markdown as HTML, with headings at levels below the page's headings."""

from typing import Final

from markdown_it import MarkdownIt

_MARKDOWN: Final = MarkdownIt("commonmark", {"html": False}).enable("table")
_LOWER: Final = {"h1": "h3", "h2": "h3", "h3": "h4", "h4": "h5", "h5": "h6"}


def rendered(markdown: str) -> str:
    """Return Markdown as HTML; HTML in it is escaped."""
    tokens = _MARKDOWN.parse(markdown)
    for token in tokens:
        token.tag = _LOWER.get(token.tag, token.tag)
    return _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
