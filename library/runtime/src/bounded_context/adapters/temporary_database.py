"""SQLite's temporary database, in constant memory: the identities and repeated lines of a file."""

import sqlite3
from collections.abc import Iterable, Sequence


def temporary_database(table: str) -> sqlite3.Connection:
    """Return an empty database with a table, given as its name and its columns."""
    # An empty name is SQLite's own temporary database: on disk when it outgrows its cache, gone when closed.
    database = sqlite3.connect("", isolation_level=None)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(f"CREATE TABLE {table}")
    return database


class SqliteSeenIds:
    """The first line of each identity in one file."""

    def __init__(self) -> None:
        self._database = temporary_database("seen (id TEXT PRIMARY KEY, line INTEGER) WITHOUT ROWID")

    def first_lines(self, found: Sequence[tuple[str, int]]) -> dict[int, int]:
        """Remember (identity, line) pairs; for each repeated identity return its line and its first line."""
        self._database.execute("BEGIN")
        new = self._database.executemany("INSERT OR IGNORE INTO seen VALUES (?, ?)", found).rowcount
        self._database.execute("COMMIT")
        if new == len(found):
            return {}
        first = {line: self._first_line(identity) for identity, line in found}
        return {line: earlier for line, earlier in first.items() if earlier != line}

    def _first_line(self, identity: str) -> int:
        return self._database.execute("SELECT line FROM seen WHERE id = ?", (identity,)).fetchone()[0]


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
