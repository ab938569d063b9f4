"""The identities of a file, in SQLite's temporary database, in constant memory."""

from collections.abc import Sequence

from .temporary_database import temporary_database


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
