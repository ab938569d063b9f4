"""The repeated lines of a file, in SQLite's temporary database, in constant memory."""

from collections.abc import Iterable

from .temporary_database import temporary_database


class SqliteRepeatedLines:
    """The lines of a file with the identity of an earlier line."""

    def __init__(self) -> None:
        self._database = temporary_database("repeated (line INTEGER PRIMARY KEY, first INTEGER)")

    def add(self, repeated: Iterable[tuple[int, int]]) -> None:
        """Remember lines, each with the first line of its identity."""
        self._database.execute("BEGIN")
        self._database.executemany("INSERT INTO repeated VALUES (?, ?)", repeated)
        self._database.execute("COMMIT")

    def between(self, first: int, last: int) -> dict[int, int]:
        """Return the lines from ``first`` to ``last``, each with the first line of its identity."""
        return dict(
            self._database.execute("SELECT line, first FROM repeated WHERE line BETWEEN ? AND ?", (first, last))
        )
