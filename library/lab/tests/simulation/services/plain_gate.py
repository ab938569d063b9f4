"""A gate without faults: each call runs at once. Tests of the services use it."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, TypeVar

from .gate import Errors

T = TypeVar("T")

START: Final = 1_767_182_400.0
"""The first second of the simulated time: 2025-12-31T12:00:00Z."""


class PlainGate:
    """A gate whose clock stands still until a test moves ``seconds``. ``names`` lists the calls.

    Args:
        chances: the answers of ``chance``, in order; False after the last.
    """

    def __init__(self, chances: Iterable[bool] = ()) -> None:
        self.chances = iter(chances)
        self.seconds = START
        self.names = list[str]()

    def call(self, name: str, effect: Callable[[], T], errors: Errors) -> T:  # noqa: ARG002
        """Run the effect, and return its result."""
        self.names.append(name)
        return effect()

    def now(self) -> float:
        """Return the simulated time, in seconds since 1970."""
        return self.seconds

    def sleep(self, seconds: float) -> None:
        """Move the clock."""
        self.seconds += seconds

    def chance(self, probability: float) -> bool:  # noqa: ARG002
        """Return the next of the given answers."""
        return next(self.chances, False)

    def choose(self, options: Sequence[T]) -> T:
        """Return the first option."""
        return options[0]
