"""SQLite's temporary database: it spills to disk, and memory stays constant."""

import sqlite3


def temporary_database(table: str) -> sqlite3.Connection:
    """Return an empty database with a table, given as its name and its columns."""
    # An empty name is SQLite's own temporary database: on disk when it outgrows its cache, gone when closed.
    database = sqlite3.connect("", isolation_level=None)
    database.execute("PRAGMA journal_mode = OFF")
    database.execute("PRAGMA synchronous = OFF")
    database.execute(f"CREATE TABLE {table}")
    return database
