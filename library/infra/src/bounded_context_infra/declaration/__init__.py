"""The contradictions of declarations. A contradiction is a sentence that names the field.

A `Context`, and a function with ``@route``, find these checks by their entry points, and raise the first contradiction.
"""

from collections.abc import Iterator
from typing import Any, Final

from bounded_context.declaration.structure import Structure

from . import (
    aggregates,
    children,
    commands,
    contract,
    deadlines,
    deprecations,
    exports,
    lists,
    metrics,
    names,
    others,
    queries,
    shapes,
)

_CHECKED: Final = (
    *(shapes, names, aggregates, children, commands, deadlines, exports, queries, contract, deprecations, others),
    *(lists, metrics),
)


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of a context; the earlier sentences explain the later."""
    for part in _CHECKED:
        yield from part.contradictions(context)
