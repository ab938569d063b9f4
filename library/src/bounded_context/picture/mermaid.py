"""A picture as a flowchart of mermaid, small enough for a README: what a frame's boxes share is one arrow."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, count
from typing import Final

from ..drawing import Arrow, Box
from .model import Picture, merged

_SHAPES: Final[Mapping[str, tuple[str, str]]] = {
    "HTTP API": ("([", "])"),
    "SFTP server": ("([", "])"),
    "schedule": ("([", "])"),
    "events": ("([", "])"),
    "topic of another context": ("([", "])"),
    "bucket": ("[(", ")]"),
    "table": ("[(", ")]"),
    "topic": ("{{", "}}"),
    "workflow": ("[[", "]]"),
}
"""What stands around a box's text, by its kind; around that of others stand brackets."""

_ESCAPED: Final[Mapping[str, str]] = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "`": "#96;", "\n": "<br>"}


def flowchart(picture: Picture) -> str:
    """Return the picture as mermaid's text, without the fence of Markdown.

    Arrows between something and two or more boxes of a frame, or all of them, are one to or from the frame, which says
    what any of them says. Arrows that say the same to one target are one line.
    """
    frames = _frames(picture.boxes)
    ids = _ids([*(box.key for box in picture.boxes), *frames])
    arrows = _framed(_framed(picture.arrows, frames), frames, into=True)
    lines = [f"accTitle: {_text(picture.title)}", *_boxes(picture.boxes, ids), *_lines(arrows, ids)]
    return "\n    ".join(["flowchart LR", *lines]) + "\n"


def _frames(boxes: Sequence[Box]) -> Mapping[str, frozenset[str]]:
    """The keys of the boxes in each frame."""
    groups = sorted({box.group for box in boxes} - {""})
    return {_frame(group): frozenset(box.key for box in boxes if box.group == group) for group in groups}


def _frame(group: str) -> str:
    return f"frame {group}"


def _ids(keys: Iterable[str]) -> Mapping[str, str]:
    """A word of ASCII for each key, which no other has; mermaid's own words, such as `end`, have no underscore."""
    found: dict[str, str] = {}
    for key in keys:
        word = re.sub(r"[^A-Za-z0-9]", lambda one: "_" if one[0].isascii() else f"u{ord(one[0]):x}", key)
        words = chain([word if "_" in word else f"{word}_"], (f"{word}_{number}" for number in count(2)))
        found[key] = next(one for one in words if one not in found.values())
    return found


def _boxes(boxes: Sequence[Box], ids: Mapping[str, str]) -> Iterator[str]:
    yield from (_box(box, ids) for box in boxes if not box.group)
    for group in sorted({box.group for box in boxes} - {""}):
        yield f'subgraph {ids[_frame(group)]} ["{_text(group)}"]'
        yield from (f"    {_box(box, ids)}" for box in boxes if box.group == group)
        yield "end"


def _box(box: Box, ids: Mapping[str, str]) -> str:
    left, right = _SHAPES.get(box.kind, ("[", "]"))
    return f'{ids[box.key]}{left}"{_text(box.label)}"{right}'


def _framed(arrows: Sequence[Arrow], frames: Mapping[str, frozenset[str]], *, into: bool = False) -> list[Arrow]:
    """With arrows from frames (or `into` them) in place of those that several of its boxes have."""
    within = {key: frame for frame, keys in frames.items() for key in keys}
    found = [_turned(one, into) for one in arrows]
    shared = Counter((within.get(one.source), one.target) for one in found if not _is_within(one, within))
    lifted = {pair for pair, arrows in shared.items() if pair[0] and arrows >= min(2, len(frames[pair[0]]))}
    moved = (
        Arrow(within[one.source], one.target, one.label)
        if (within.get(one.source), one.target) in lifted and not _is_within(one, within)
        else one
        for one in found
    )
    return [_turned(one, into) for one in merged(moved)]


def _is_within(arrow: Arrow, within: Mapping[str, str]) -> bool:
    return within.get(arrow.source) == within.get(arrow.target, "")


def _turned(arrow: Arrow, into: bool) -> Arrow:
    return Arrow(arrow.target, arrow.source, arrow.label) if into else arrow


def _lines(arrows: Sequence[Arrow], ids: Mapping[str, str]) -> Iterator[str]:
    for target, label, sources in _alike(arrows):
        said = f'-- "{_text(label)}" -->' if label else "-->"
        yield f"{' & '.join(ids[source] for source in sources)} {said} {ids[target]}"


def _alike(arrows: Sequence[Arrow]) -> list[tuple[str, str, list[str]]]:
    """Each target with what is said to it and by whom; by the first of these in order."""
    found: dict[tuple[str, str], list[str]] = {}
    for arrow in sorted(arrows):
        found.setdefault((arrow.target, arrow.label), []).append(arrow.source)
    return sorted(((*said, sources) for said, sources in found.items()), key=lambda one: (one[2], *one[:2]))


def _text(text: str) -> str:
    """Text of a label: what mermaid would read is escaped, and what no page shows is left out."""
    shown = "".join(one for one in text if one.isprintable() or one == "\n")
    return "".join(_ESCAPED.get(one, one) for one in shown)
