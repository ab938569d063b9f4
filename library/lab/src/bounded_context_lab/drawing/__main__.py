"""Print the pictures of the current repository's production as SVG: ``python -m <this package> FILE [OVERVIEW]``.

The overview is for a phone: each frame is a box, and arrows that follow from others are left out.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from bounded_context_cli.command.installed import repository
from bounded_context_cli.programs import PRODUCTION
from bounded_context_cli.programs.recording import service
from bounded_context_cli.views.picture import picture

from . import Arrow, Box, svg


def overview(boxes: Sequence[Box], arrows: Sequence[Arrow]) -> tuple[list[Box], list[Arrow]]:
    """Return a box for each frame, and for each other box of the way from callers and partners to subscribers."""
    frames: dict[str, list[Box]] = {}
    for box in boxes:
        frames.setdefault(box.group or box.key, []).append(box)
    frame_of = {box.key: name for name, members in frames.items() for box in members}
    links = {(frame_of[arrow.source], frame_of[arrow.target]) for arrow in arrows if arrow.label != "reads"}
    links = {link for link in links if link[0] != link[1] and not _follows(link, links)}
    linked = {
        name for link in links for name in link if sum(name in other for other in links) > 1 or frames[name][0].group
    }
    linked |= {name for link in links if linked & {*link} for name in link}
    return [_box(name, frames[name]) for name in linked], [Arrow(*link) for link in links if linked >= {*link}]


def _follows(link: tuple[str, str], links: set[tuple[str, str]]) -> bool:
    """Return whether other links lead from the start of a link to its end."""
    ahead, reached = {link[0]}, set[str]()
    while ahead:
        ahead = {end for start, end in links - {link} if start in ahead} - reached
        reached |= ahead
    return link[1] in reached


def _box(name: str, members: Sequence[Box]) -> Box:
    labels = [box.label.partition("\n")[0] for box in members]
    first = next((box for box in members if box.label.startswith(name)), members[0])
    inner = [label for label in labels if label != name]
    return Box(name, "\n".join([name, *inner]) if members[0].group else labels[0], first.kind)


if __name__ == "__main__":
    drawing = picture(repository().context, service().graph(PRODUCTION), PRODUCTION)
    boxes, arrows = [Box(*box) for box in drawing.boxes], [Arrow(*arrow) for arrow in drawing.arrows]
    Path(sys.argv[1]).write_text(svg(drawing.title, boxes, arrows), encoding="utf-8")
    for name in sys.argv[2:]:
        Path(name).write_text(svg(drawing.title, *overview(boxes, arrows), tall=True), encoding="utf-8")
