"""The scale of an axis: it fits what is drawn, and has its marks at round values."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_MARKS: Final = 4
"""About how many parts an axis has."""

_ROUND: Final = (1.0, 2.0, 5.0, 10.0)
_FAR: Final = 2.5
"""How many times the greatest value a limit may be: one that is further off would press all values to the ground."""


@dataclass(frozen=True)
class Scale:
    """From `least` to `most`, with a mark at each `step`; both ends are marks."""

    least: float
    most: float
    step: float

    @classmethod
    def fitting(cls, values: Sequence[float], limits: Sequence[float] = ()) -> "Scale":
        """Return the scale of some values, from zero on if none is negative.

        A limit is on it unless it is far from every value; where all values are whole, so are the marks.
        """
        least, most = min(0.0, *values), max(0.0, *values)
        most = max([most, *(one for one in limits if one <= _FAR * most)])
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
        """Whether a value is on it."""
        return self.least <= value <= self.most

    def share(self, value: float) -> float:
        """Return where a value is, from 0 at the least to 1 at the most."""
        return (value - self.least) / (self.most - self.least)


def _step(about: float, *, whole: bool) -> float:
    unit = 10.0 ** math.floor(math.log10(about))
    step = next(unit * factor for factor in _ROUND if unit * factor >= about)
    return max(1.0, step) if whole else step
