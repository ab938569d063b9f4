"""HTML pages in single files with a common style, without a server or network access.

Other programs load only this package, so it imports no other module of the library.
"""

from .parts import STYLE, facts, page, preformatted, table, text

__all__ = ["STYLE", "facts", "page", "preformatted", "table", "text"]
