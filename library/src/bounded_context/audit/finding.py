"""Something that an audit found."""

from typing import NamedTuple


class Finding(NamedTuple):
    """What was found, as a sentence; by each of ``names`` a team may accept it: the package's, and its own."""

    names: frozenset[str]
    sentence: str
