"""The base of scenarios."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self


@dataclass(frozen=True)
class Pieces:
    """Plain data of a schedule. A shrunk schedule lacks pieces of it."""

    PIECES: ClassVar[tuple[str, ...]] = ()
    """The fields whose members a shrunk scenario can lack."""
    SIMPLER: ClassVar[Sequence[Callable[[Any], Any]]] = ()
    """Changes that may leave a violation as it is."""

    def without(self) -> Iterator[Self]:
        """Yield the scenario without each of its pieces."""
        for name in self.PIECES:
            there = getattr(self, name)
            yield from (replace(self, **{name: there[:at] + there[at + 1 :]}) for at in range(len(there)))

    def simpler(self) -> Iterator[Self]:
        """Yield simpler scenarios of the same pieces."""
        changed = (change(self) for change in self.SIMPLER)
        return (change for change in changed if change != self)

    def lines(self) -> Iterator[str]:
        """Yield the lines that describe the scenario."""
        for name in self.PIECES:
            yield from (str(piece) for piece in getattr(self, name))
        rest = {name: value for name, value in vars(self).items() if name not in self.PIECES}
        yield ", ".join(f"{name} {value}" for name, value in rest.items())
