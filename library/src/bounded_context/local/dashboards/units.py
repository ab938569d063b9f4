"""Values and their units as people read them."""

from collections.abc import Iterable, Mapping
from typing import Final

_WORDS: Final[Mapping[str, str]] = {
    "Count": "number",
    "Seconds": "s",
    "Milliseconds": "ms",
    "Percent": "%",
    "Bytes": "B",
    "None": "",
}
_SAID_BY_LABEL: Final = ("", "Count", "None")


def word(unit: str) -> str:
    """Return a unit of CloudWatch's as an axis says it; empty for what has none."""
    return _WORDS.get(unit, unit)


def common(units: Iterable[str]) -> str:
    """Return the words for the units of what one axis shows."""
    return ", ".join(dict.fromkeys(filter(None, map(word, sorted(units)))))


def number(value: float) -> str:
    """Return a value with as many decimals as it takes to tell it: `12,345.67`, `0.042`."""
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.2g}"


def measured(value: float, unit: str) -> str:
    """Return a value with its unit, as far as it is no plain number: `4.25 s`, `3`."""
    return number(value) if unit in _SAID_BY_LABEL else f"{number(value)} {word(unit)}"
