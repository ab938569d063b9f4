"""A widget's lines at fixed values, such as the target of a duration."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_COLOR: Final = "#d34e62"


@dataclass(frozen=True)
class Limit:
    """A line at a value of the left or of the right axis."""

    value: float
    label: str
    color: str
    right: bool


def limits(properties: Mapping[str, Any]) -> list[Limit]:
    """Return the limits of a widget; a band is its two lines."""
    given = properties.get("annotations", {}).get("horizontal", [])
    lines = [line for one in given for line in (one if isinstance(one, list) else [one])]
    return [
        Limit(line["value"], line.get("label", ""), line.get("color", _COLOR), line.get("yAxis") == "right")
        for line in lines
    ]
