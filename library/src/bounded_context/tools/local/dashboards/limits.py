"""Horizontal annotations of a widget, such as the target of a duration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_COLOR: Final = "#d34e62"


@dataclass(frozen=True)
class Limit:
    """A horizontal line on the left or the right axis."""

    value: float
    label: str
    color: str
    right: bool


def limits(properties: Mapping[str, Any]) -> list[Limit]:
    """Return the limits of a widget; a band counts as two limits."""
    annotations = properties.get("annotations", {}).get("horizontal", [])
    lines = [line for entry in annotations for line in (entry if isinstance(entry, list) else [entry])]
    return [
        Limit(line["value"], line.get("label", ""), line.get("color", _COLOR), line.get("yAxis") == "right")
        for line in lines
    ]
