"""Formatting of values and units."""

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
_WITHOUT_UNIT: Final = ("", "Count", "None")


def word(unit: str) -> str:
    """Return the axis label of a CloudWatch unit; empty for the unit None."""
    return _WORDS.get(unit, unit)


def common(units: Iterable[str]) -> str:
    """Return the label of an axis: its units, separated by commas."""
    return ", ".join(dict.fromkeys(filter(None, map(word, sorted(units)))))


def number(value: float) -> str:
    """Format a value, with two decimals if not whole, or two digits below 1: `12,345.67`, `0.042`."""
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.2g}"


def measured(value: float, unit: str) -> str:
    """Format a value with its unit, if it has a unit besides Count: `4.25 s`, `3`."""
    return number(value) if unit in _WITHOUT_UNIT else f"{number(value)} {word(unit)}"
