"""The progress of a reseed in a file, from which the next call continues."""

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Self

from ..redrive.stream import RETENTION


@dataclass
class Progress:
    """The place of the last sent event, the number of sent events, and the places that could not be read.

    `queue` and `since` identify the reseed.
    """

    queue: str
    since: str
    after: str = ""
    sent: int = 0
    unreadable: list[str] = field(default_factory=list)
    saved: str = ""

    @classmethod
    def read(cls, file: Path, queue: str, since: str, now: datetime) -> Self:
        """Return the progress of an interrupted reseed with these options; empty if none was saved in 24 hours."""
        try:
            found = cls(**json.loads(file.read_text(encoding="utf-8")))
            current = now - datetime.fromisoformat(found.saved) < RETENTION
        except (OSError, TypeError, ValueError):
            return cls(queue, since)
        return found if current and (found.queue, found.since) == (queue, since) else cls(queue, since)

    def save(self, file: Path, now: datetime) -> None:
        """Replace the file in a single step, so a killed process leaves a complete file."""
        self.saved = now.isoformat()
        file.parent.mkdir(parents=True, exist_ok=True)
        written = file.with_suffix(".new")
        written.write_text(json.dumps(asdict(self)), encoding="utf-8")
        written.replace(file)
