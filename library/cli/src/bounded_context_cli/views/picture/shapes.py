"""The boxes and arrows of a picture."""

from typing import NamedTuple


class Box(NamedTuple):
    """A box with a unique key and a text in one line or several. Boxes of a group are in one frame."""

    key: str
    label: str
    kind: str = ""
    note: str = ""
    group: str = ""


class Arrow(NamedTuple):
    """An arrow between two boxes, by their keys."""

    source: str
    target: str
    label: str = ""
    note: str = ""
