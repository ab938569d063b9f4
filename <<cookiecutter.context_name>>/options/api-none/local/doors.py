"""What came through the doors of a running context besides its functions' invocation: there is none."""

from collections.abc import Iterator, Mapping
from typing import Any

from .emulator import Emulator
from .observation.samples import Sample


class Doors:
    """Nothing was sent, and there is nothing to tell of it."""

    def samples(self, _outputs: Mapping[str, Any], _now: float) -> Iterator[Sample]:
        """Yield none."""
        yield from ()

    def to_call(self, _emulator: Emulator, _outputs: Mapping[str, Any]) -> list[str]:
        """Return no line: a function is invoked by its alias."""
        return []
