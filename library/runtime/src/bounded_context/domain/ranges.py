"""The byte ranges of a large list, which are validated in parallel."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FileRange:
    """A range of a file that begins with a record, and ends before the next range.

    ``start`` and ``end`` are in bytes; ``end`` is exclusive. ``line`` is the first line, counted from 1, and ``lines``
    the number of lines, or None for the last range. ``others`` is whether a line before the range is not ASCII.
    ``columns`` are the names of the columns of the file. Another version of the library may add members.
    """

    number: int
    start: int
    end: int
    line: int
    lines: int | None
    others: bool
    columns: tuple[str, ...]

    @property
    def name(self) -> str:
        """The name of the range, which is the same in each plan of the file."""
        return f"{self.start}-{self.end}"
