"""Resolution of typed names."""

from collections.abc import Iterable
from difflib import get_close_matches

from ....domain.spelling import either, snake
from ...command.errors import LocalRunError


class NoSuchName(LocalRunError):
    """An unknown name; the message lists similar names, or all names."""


def chosen(what: str, given: str, names: Iterable[str]) -> str:
    """Return the name that matches the given name, also in the form `RegisterPayment` or `register-payment`.

    Args:
        what: the kind of name for the message, such as "function".
        given: the typed name.
        names: the existing names, in snake_case or with hyphens.

    Raises:
        NoSuchName: no name matches.
    """
    known = {_key(name): name for name in names}
    if _key(given) not in known:
        close = get_close_matches(_key(given), known, 3) or known
        raise NoSuchName(f"There is no {what} {given!r}: write {either(known[key] for key in close)}.")
    return known[_key(given)]


def _key(name: str) -> str:
    return snake(name).replace("-", "_")
