"""The state of a repository in a campaign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any


class State(StrEnum):
    """The state of a repository; its value is the code for programs."""

    CURRENT = "current"
    """The default branch has the version."""
    READY = "ready"
    """The branch is complete, and its check passed."""
    NOT_RUN = "not-run"
    """The branch is complete, and the time ended before its check."""
    TO_UPDATE = "to-update"
    """There is no branch yet."""
    RED = "red"
    """The check of the branch failed."""
    CONFLICT = "conflict"
    DIRTY = "dirty"
    """The work tree has changes that are not committed."""
    UNKNOWN = "unknown"
    """The repository cannot be read, merged or pushed."""
    WAITING = "waiting"
    """A repository of an earlier wave is not done."""


DONE = (State.CURRENT, State.READY)


@dataclass(frozen=True)
class Result:
    """A repository and its state; unknown fields are empty."""

    name: str
    folder: Path
    wave: int
    state: State = State.WAITING
    before: str = ""
    """The template's version on the default branch."""
    branch: str = ""
    commit: str = ""
    """The last commit of the branch."""
    pushed: bool = False
    remedy: str = ""
    """The reason of a failure, and the remedy."""

    def as_json(self) -> dict[str, Any]:
        """Return the result for JSON."""
        return {**asdict(self), "folder": str(self.folder)}

    def lines(self) -> Iterator[str]:
        """Yield the line of the result, and a line with the remedy."""
        where = f"{self.branch}, pushed" if self.pushed else self.branch
        yield f"{self.wave}  {self.name:24} {self.state:10} {where}".rstrip()
        if self.remedy:
            yield f"   {self.remedy}"
