"""Selection of messages by conditions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from .messages import About, Message

Where = tuple[str, str]
"""A name and a pattern with `*`, `?` and `[...]`."""


@dataclass(frozen=True)
class Choice:
    """The conditions of a selection, which all must match; ages are counted from the first send of a message."""

    where: Sequence[Where] = ()
    older_than: timedelta | None = None
    newer_than: timedelta | None = None

    def takes(self, message: Message, about: About, now: datetime) -> bool:
        """Return whether a message matches all conditions."""
        age = now - message.sent
        if self.older_than is not None and age < self.older_than:
            return False
        if self.newer_than is not None and age > self.newer_than:
            return False
        return all(_matches(name, pattern, message, about) for name, pattern in self.where)


def _matches(name: str, pattern: str, message: Message, about: About) -> bool:
    values = {"type": [about.type], "subject": [about.subject], "source": [about.source], "id": [about.id, message.id]}
    found = values[name] if name in values else [message.attribute(name)]
    return any(fnmatchcase(value, pattern) for value in found if value)
