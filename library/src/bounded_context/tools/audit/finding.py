"""A finding of an audit."""

from typing import NamedTuple


class Finding(NamedTuple):
    """A finding as a sentence. A team may accept it by each of ``names``: the package's name, and its ids."""

    names: frozenset[str]
    sentence: str
