"""The pages' diagrams as pictures: code hosts draw mermaid by a script, and the site's have none from elsewhere."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Final, NamedTuple

from bounded_context_lab.drawing import Arrow, Box, svg

_FENCE: Final = re.compile(r"^```mermaid\nflowchart LR\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\s+(?:--\s+([^-].*?)\s+-->|-\.\s+(.*?)\s+\.->|-->)\s+")
_NODE: Final = re.compile(r"(\w+)(?:\(\[(.*?)\]\)|\[\((.*?)\)\]|\{\{(.*?)\}\}|\[(.*?)\])?")
_FRAME: Final = re.compile(r"subgraph \w+ \[(.*)\]")


class Node(NamedTuple):
    """A box as a line names it; only one of the lines has its label."""

    key: str
    label: str


def draw(text: str, page: Path) -> str:
    """Return a page's text with its flowcharts as pictures, which are written beside the page."""
    title = text.partition("\n")[0].removeprefix("# ")

    def drawn(chart: re.Match[str]) -> str:
        picture = page.with_name(f"{page.stem}-{chart.start()}.svg")
        picture.write_text(svg(title, *_read(chart[1])), encoding="utf-8")
        # Whoever wants it larger opens it by itself.
        return f"[![{title}]({picture.name})]({picture.name})"

    return _FENCE.sub(drawn, text)


def _read(chart: str) -> tuple[list[Box], list[Arrow]]:
    boxes: dict[str, Box] = {}
    arrows: list[Arrow] = []
    frames = [""]
    for line in filter(None, map(str.strip, chart.splitlines())):
        if frame := _FRAME.fullmatch(line):
            frames.append(_plain(frame[1]))
        elif line == "end":
            frames.pop()
        elif not line.startswith("direction "):
            for node in _nodes_of(line):
                # A box stands in the frame in which it gets its label; elsewhere arrows name it alone.
                if node.label or node.key not in boxes:
                    boxes[node.key] = Box(node.key, node.label or node.key, group=frames[-1])
            arrows += _arrows_of(line)
    return list(boxes.values()), arrows


def _nodes_of(line: str) -> Iterator[Node]:
    for place in _LINK.split(line)[::3]:
        yield from _nodes(place)


def _arrows_of(line: str) -> Iterator[Arrow]:
    parts = _LINK.split(line)
    for before, solid, dotted, after in zip(parts[::3], parts[1::3], parts[2::3], parts[3::3], strict=False):
        for source, target in product(_nodes(before), list(_nodes(after))):
            yield Arrow(source.key, target.key, _plain(solid or dotted or ""))


def _nodes(place: str) -> Iterator[Node]:
    for named in place.split(" & "):
        if found := _NODE.fullmatch(named.strip()):
            yield Node(found[1], _plain(next(filter(None, found.groups()[1:]), "")))


def _plain(label: str) -> str:
    return label.strip('"')
