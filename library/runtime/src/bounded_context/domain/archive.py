"""The archive: a subscriber that stores events as tables, which analysts query with SQL."""

from typing import Final, Self

MOST_DAYS: Final = 36_500
"""Maximum days of an archive."""


class Archive(str):
    """A subscriber whose events are Parquet files in S3 and tables of Athena, in place of a queue.

    ``subscribers=("frontend", Archive("bi", days=730))``: the files have no personal fields, and expire after ``days``.
    It is the subscriber's name as a text.
    """

    __slots__ = ("days",)
    days: int

    def __new__(cls, name: str, *, days: int = 730) -> Self:
        """Return the name, with the days."""
        archive = super().__new__(cls, name)
        archive.days = days
        return archive

    def __repr__(self) -> str:
        return f"Archive({str(self)!r}, days={self.days!r})"
