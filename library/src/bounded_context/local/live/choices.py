"""Names that somebody types, and those there are."""

from collections.abc import Iterable
from difflib import get_close_matches

from ...words import either, snake
from ..errors import LocalRunError


class NoSuchName(LocalRunError):
    """Nothing has that name; the message says which names are close to it, or all of them."""


def chosen(what: str, given: str, names: Iterable[str]) -> str:
    """Return the name that is meant: as it is, or written as `RegisterPayment` or `register-payment`.

    Args:
        what: such as "function", for the sentence.
        given: what was typed.
        names: those there are, in snake_case or with hyphens.

    Raises:
        NoSuchName: none of them is meant.
    """
    known = {_key(name): name for name in names}
    if _key(given) not in known:
        close = get_close_matches(_key(given), known, 3) or known
        raise NoSuchName(f"There is no {what} {given!r}: write {either(known[one] for one in close)}.")
    return known[_key(given)]


def _key(name: str) -> str:
    return snake(name).replace("-", "_")
