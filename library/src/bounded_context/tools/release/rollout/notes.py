"""Notes of releases: descriptions on AWS that assign deployments and the alias to a release."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

LIMIT = 256
"""The maximum length of a description (Step Functions' limit for an alias; CodeDeploy also has a limit)."""

_REASON = "; alarms ignored: "
_TIME = "%Y%m%dT%H%M%SZ"

_FORM = re.compile(
    r"(going back from |back from )?release ([\w-]+): (\S+) (\S+) (\S+) -> ([^\s;]+)(?:; alarms ignored: (.*))?",
    re.DOTALL,
)


@dataclass(frozen=True)
class Note:
    """A part of a release with its versions `before` and `target`.

    `returns` reverses the release. `active_return` marks a state machine whose `rollout back` has not ended.
    """

    release_id: str
    stack: str
    name: str
    before: str
    target: str
    returns: bool = False
    ignored_alarms: str = ""
    active_return: bool = False

    @property
    def release(self) -> str:
        """The key that all runs to the same versions share. Without a digest, it is the whole id."""
        _, dash, digest = self.release_id.partition("-")
        return digest.partition("-")[0] if dash else self.release_id

    @property
    def began_before(self) -> datetime | None:
        """The second after the time in the release id, in UTC, because an id has whole seconds. None without a time."""
        try:
            began = datetime.strptime(self.release_id.partition("-")[0], _TIME).replace(tzinfo=UTC)
        except ValueError:
            return None
        return began + timedelta(seconds=1)

    @classmethod
    def parse(cls, description: str) -> Self | None:
        """Parse a description. Return None if this driver did not write it."""
        form = _FORM.fullmatch(description)
        if form is None:
            return None
        direction, release_id, stack, name, before, target, reason = form.groups()
        active = (direction or "").startswith("going")
        return cls(release_id, stack, name, before, target, bool(direction), reason or "", active)

    def __str__(self) -> str:
        """Return the description."""
        direction = f"{'going ' if self.active_return else ''}{'back from ' if self.returns else ''}"
        text = f"{direction}release {self.release_id}: {self.stack} {self.name} {self.before} -> {self.target}"
        room = LIMIT - len(text) - len(_REASON)
        return f"{text}{_REASON}{self.ignored_alarms[:room]}" if self.ignored_alarms and room > 0 else text


def release_id(now: datetime, targets: Mapping[str, str], run: int) -> str:
    """Return the id of a release that starts now: the time, a digest of the targets, and the number of the run.

    A run that repeats or continues a release has the same targets and therefore the same digest. `run` distinguishes
    runs that start in the same second.
    """
    text = " ".join(f"{name}={version}" for name, version in sorted(targets.items()))
    return f"{now.strftime(_TIME)}-{hashlib.sha256(text.encode()).hexdigest()[:8]}-{run}"
