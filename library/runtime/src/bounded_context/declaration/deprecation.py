"""Deprecated events and routes: their days and headers. Only a function of such a route imports this module."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Final, Self

DEPRECATION: Final = "Deprecation"
SUNSET: Final = "Sunset"


@dataclass(frozen=True)
class Deprecation:
    """The day from which a contract may be removed, and the first day of its deprecation, if it is declared."""

    end: date
    since: date | None = None

    @classmethod
    def read(cls, text: str) -> Self:
        """Read a day, or an interval of two days (ISO 8601). Raises ValueError."""
        since, slash, end = text.rpartition("/")
        return cls(_day(end), _day(since) if slash else None)

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a route's answers (RFC 9745, RFC 8594); days begin at midnight in UTC."""
        since = {DEPRECATION: f"@{int(_midnight(self.since).timestamp())}"} if self.since else {}
        return since | {SUNSET: format_datetime(_midnight(self.end), usegmt=True)}


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    if day.isoformat() != text:
        raise ValueError(text)
    return day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
