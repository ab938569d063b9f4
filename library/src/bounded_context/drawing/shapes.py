"""What is drawn."""

from dataclasses import dataclass


@dataclass(frozen=True, order=True)
class Box:
    """A box; boxes of one column or group stand in the order of their keys where nothing else decides.

    Args:
        key: what arrows call it; no other box has it.
        label: its text, of one line or of several.
        kind: its CSS class, which gives it a colour and a place in the legend.
        note: what is shown where the pointer rests on it.
        group: boxes of one group stand in one frame, which has this name.
    """

    key: str
    label: str
    kind: str = ""
    note: str = ""
    group: str = ""


@dataclass(frozen=True, order=True)
class Arrow:
    """An arrow between two boxes, by their keys.

    Args:
        source: where it begins.
        target: where its head is.
        label: its text, on the line.
        note: what is shown where the pointer rests on it.
    """

    source: str
    target: str
    label: str = ""
    note: str = ""
