"""Expressions of a request, parsed once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from .conditions import Condition, disjunction
from .tokens import Malformed, Tokens
from .updates import Update, clauses


class Compiled(NamedTuple):
    """The expressions of a request. ``names`` and ``values`` are the placeholders that they use."""

    condition: Condition | None
    update: Update | None
    names: frozenset[str]
    values: frozenset[str]

    def check(self, names: Mapping[str, str], values: Mapping[str, Any]) -> None:
        """Raise Malformed for a placeholder that is unused, or not defined."""
        if names.keys() != self.names or values.keys() != self.values:
            definitions, used = {*names, *values}, self.names | self.values
            raise Malformed(f"unused: {sorted(definitions - used)}, not defined: {sorted(used - definitions)}")


@lru_cache(maxsize=4096)
def compiled(condition: str | None, update: str | None = None) -> Compiled:
    """Parse the expressions of a request. Raises Malformed."""
    names, values = set[str](), set[str]()
    holds = changes = None
    if condition is not None:
        tokens = _within(condition, names, values)
        holds = disjunction(tokens)
        tokens.end()
    if update is not None:
        changes = clauses(_within(update, names, values))
    return Compiled(holds, changes, frozenset(names), frozenset(values))


def _within(text: str, names: set[str], values: set[str]) -> Tokens:
    tokens = Tokens(text)
    if not tokens.peek():
        raise Malformed("the expression can not be empty")
    tokens.names, tokens.values = names, values
    return tokens
