"""Pages as HTML: each one file with one style, that needs no script, no server and no network.

Other programs load this package alone, so it imports nothing else of the library.
"""

from .frame import STYLE, page
from .parts import facts, preformatted, table, text

__all__ = ["STYLE", "facts", "page", "preformatted", "table", "text"]
