"""Reads a drawing."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree

from bounded_context_lab.drawing import Arrow, Box, svg

_SVG: Final = "{http://www.w3.org/2000/svg}"
_NUMBER: Final = re.compile(r"-?[\d.]+(?:e[+-]?\d+)?")


@dataclass(frozen=True)
class Area:
    """A rectangle as it is drawn."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: "Area") -> bool:
        """Whether both have more than a side in common."""
        level = self.left < other.right and other.left < self.right
        return level and self.top < other.bottom and other.top < self.bottom

    def holds(self, other: "Area") -> bool:
        """Whether the other one is within."""
        level = self.left <= other.left and other.right <= self.right
        return level and self.top <= other.top and other.bottom <= self.bottom

    def is_touched(self, x: float, y: float) -> bool:
        """Whether a point is on its border; half a pixel off is on it."""
        near = self.left - 0.5 <= x <= self.right + 0.5 and self.top - 0.5 <= y <= self.bottom + 0.5
        inside = self.left + 0.5 < x < self.right - 0.5 and self.top + 0.5 < y < self.bottom - 0.5
        return near and not inside


@dataclass(frozen=True)
class Line:
    """An arrow as it is drawn: the boxes that it names, its points, and the tip of its head."""

    source: str
    target: str
    points: Sequence[tuple[float, float]]
    tip: tuple[float, float]


class Seen:
    """A drawing, read back of its text. Raises ParseError if it is not well-formed."""

    def __init__(
        self, boxes: Sequence[Box], arrows: Sequence[Arrow], title: str = "Drawing", *, tall: bool = False
    ) -> None:
        self.text = svg(title, boxes, arrows, tall=tall)
        self.root = ElementTree.fromstring(self.text)  # noqa: S314 (made here)

    def boxes(self) -> Mapping[str, Area]:
        """The boxes by their keys."""
        return {group.attrib["data-key"]: _area(_child(group, "rect")) for group in self._groups("box")}

    def frames(self) -> list[Area]:
        """What stands around groups."""
        return [_area(element) for element in self.root.iter(f"{_SVG}rect") if element.get("class") == "frame"]

    def lines(self) -> list[Line]:
        """The arrows."""
        return [_line(group) for group in self._groups("arrow")]

    def texts(self, kind: str = "") -> list[str]:
        """What is written; with a class, what is written so."""
        return [
            element.text or "" for element in self.root.iter(f"{_SVG}text") if not kind or element.get("class") == kind
        ]

    def _groups(self, kind: str) -> list[ElementTree.Element]:
        return [element for element in self.root.iter(f"{_SVG}g") if kind in element.get("class", "").split()]


def _child(group: ElementTree.Element, name: str, kind: str = "") -> ElementTree.Element:
    return next(element for element in group if element.tag == _SVG + name and element.get("class", "") == kind)


def _area(rect: ElementTree.Element) -> Area:
    x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
    return Area(x, y, x + width, y + height)


def _line(group: ElementTree.Element) -> Line:
    points, head = (_points(_child(group, "path", kind).attrib["d"]) for kind in ("line", "head"))
    return Line(group.attrib["data-source"], group.attrib["data-target"], points, head[0])


def _points(path: str) -> list[tuple[float, float]]:
    numbers = [float(text) for text in _NUMBER.findall(path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))
