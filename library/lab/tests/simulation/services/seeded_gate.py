"""A gate without injected faults, whose random decisions come from a seed."""

from collections.abc import Sequence
from random import Random
from typing import TypeVar

from .plain_gate import PlainGate

T = TypeVar("T")


class SeededGate(PlainGate):
    """A gate of chance. ``likely`` multiplies each probability."""

    def __init__(self, seed: int, likely: float = 1.0) -> None:
        super().__init__()
        self._random = Random(seed)  # noqa: S311
        self._likely = likely

    def chance(self, probability: float) -> bool:
        """Return True with this probability, times ``likely``."""
        return self._random.random() < probability * self._likely

    def choose(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[self._random.randrange(len(options))]
