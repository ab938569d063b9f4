"""Axis scales that fit their values, with marks at round values, and the format of values with units."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

_MARKS: Final = 4
"""The approximate number of intervals of an axis."""

_ROUND: Final = (1.0, 2.0, 5.0, 10.0)
_FAR: Final = 2.5
"""The maximum ratio of a limit to the greatest value; a higher limit would flatten the lines."""


_WORDS: Final[Mapping[str, str]] = {
    "Count": "number",
    "Seconds": "s",
    "Milliseconds": "ms",
    "Percent": "%",
    "Bytes": "B",
    "None": "",
}
_WITHOUT_UNIT: Final = ("", "Count", "None")


@dataclass(frozen=True)
class Scale:
    """A scale from `least` to `most` with a mark at each `step`, including both ends."""

    least: float
    most: float
    step: float

    @classmethod
    def fitting(cls, values: Sequence[float], limits: Sequence[float] = ()) -> "Scale":
        """Return a scale that includes zero and all values, with integer marks for integer values.

        It includes each limit of at most 2.5 times the greatest value.
        """
        least, most = min(0.0, *values), max(0.0, *values)
        most = max([most, *(limit for limit in limits if limit <= _FAR * most)])
        whole = all(value == round(value) for value in values)
        step = _step((most - least or 1.0) / _MARKS, whole=whole)
        return cls(math.floor(least / step) * step, math.ceil((most or step) / step) * step, step)

    @property
    def marks(self) -> list[float]:
        """The marks from the least to the most."""
        return [self.least + number * self.step for number in range(round((self.most - self.least) / self.step) + 1)]

    @property
    def words(self) -> list[str]:
        """The marks as text, all with the same decimals."""
        decimals = max(0, -math.floor(math.log10(self.step)))
        return [f"{mark:,.{decimals}f}" for mark in self.marks]

    def shows(self, value: float) -> bool:
        """Return whether a value is within the scale."""
        return self.least <= value <= self.most

    def share(self, value: float) -> float:
        """Return the position of a value, from 0 at `least` to 1 at `most`."""
        return (value - self.least) / (self.most - self.least)


def _step(about: float, *, whole: bool) -> float:
    unit = 10.0 ** math.floor(math.log10(about))
    step = next(unit * factor for factor in _ROUND if unit * factor >= about)
    return max(1.0, step) if whole else step


def _word(unit: str) -> str:
    """Return the axis label of a CloudWatch unit; empty for the unit None."""
    return _WORDS.get(unit, unit)


def common(units: Iterable[str]) -> str:
    """Return the label of an axis: its units, separated by commas."""
    return ", ".join(dict.fromkeys(filter(None, map(_word, sorted(units)))))


def number(value: float) -> str:
    """Format a value, with two decimals if not whole, or two digits below 1: `12,345.67`, `0.042`."""
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.2g}"


def measured(value: float, unit: str) -> str:
    """Format a value with its unit, if it has a unit besides Count: `4.25 s`, `3`."""
    return number(value) if unit in _WITHOUT_UNIT else f"{number(value)} {_word(unit)}"
