"""A place with personal data, and the search of a store for such places."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Final, Protocol


@dataclass(frozen=True)
class Place:
    """An item, an object's version or a message with personal data, in the store of this name.

    `waits` is the reason why it cannot be erased yet, with the remedy; empty if `erase` may be called. `erase` is None
    if a person must judge the place: the command only reports it.
    """

    store: str
    name: str
    erase: Callable[[], None] | None
    waits: str = ""


class Store(Protocol):
    """Stores that are searched together."""

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the stores in the report."""
        ...

    def search(self) -> Generator[Place, None, None]:
        """Yield each place with personal data, in the order in which they are erased. Raises AWS_ERRORS, Unsearched."""
        ...


class Unsearched(Exception):
    """Some of a store could not be searched. The message is the reason with the remedy."""


OUTSIDE: Final = "it names the identity outside of a row of the aggregate"


def reported(store: str, name: str, why: str) -> Place:
    """Return a place that a person must judge."""
    return Place(store, name, None, f"{why}: look into it, and delete it if it has personal data")
