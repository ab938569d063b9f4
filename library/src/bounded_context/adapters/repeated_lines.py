"""The repeated lines of one file, in SQLite's temporary database: it spills to disk, and memory stays constant."""

import sqlite3
from collections.abc import Iterable


class SqliteRepeatedLines:
    """The lines of one file with the identity of an earlier line."""

    def __init__(self) -> None:
        # An empty name is SQLite's own temporary database: on disk when it outgrows its cache, gone when closed.
        self._database = sqlite3.connect("", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute("CREATE TABLE repeated (line INTEGER PRIMARY KEY, first INTEGER)")

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
