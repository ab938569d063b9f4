"""A pass over the records of a file, or of a range: good rows go to parts, rejections to a collector."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from ..domain.rows import Checked, Rejection, Row, Rows, rejected_rows
from .staging import Staging


class Rejections(Protocol):
    """A collector of rejections."""

    def add(self, rejections: Iterable[Rejection]) -> None:
        """Add the sorted rejections of some rows."""
        ...


C = TypeVar("C", bound=Rejections)


@dataclass
class FilePass(Generic[C]):
    """The results of a pass so far; full parts are already written.

    ``rows`` counts the rows, and ``rejected`` the rejected rows by fault. ``lines`` are the first and the last line of
    each part.
    """

    form: Rows
    staging: Staging
    part_rows: int
    report: C
    rows: int = 0
    rejected: Counter[str] = field(default_factory=Counter[str])
    lines: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])

    def __post_init__(self) -> None:
        self._buffer: list[Row] = []

    def take(self, checked: Checked) -> None:
        """Add checked rows."""
        self.rows += checked.count
        rejections = sorted(checked.rejections)
        self.report.add(rejections)
        self.rejected.update(rejected_rows(rejections))
        self._buffer += checked.rows
        while len(self._buffer) >= self.part_rows:
            self._flush()

    def finish(self) -> None:
        """Write the last part."""
        if self._buffer:
            self._flush()

    def _flush(self) -> None:
        rows = self._buffer[: self.part_rows]
        self.staging.write_part(rows, self.form)
        self.lines.append((rows[0].line, rows[-1].line))
        del self._buffer[: self.part_rows]
