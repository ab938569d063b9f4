"""Notes of releases: descriptions on AWS that assign deployments and the alias to a release."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

LIMIT = 256
"""The maximum length of a description (Step Functions' limit for an alias; CodeDeploy also has a limit)."""

WORKFLOW = "workflow"
"""The name of the state machine in a release."""

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

    def may_be_unfinished(self, versions: Mapping[str, str]) -> bool:
        """Return whether the release has not ended if the parts have these versions.

        A release moves the state machine last. A release counts as ended if the stack had other parts then, or if an
        earlier version of this driver wrote the note.
        """
        _, _, _, names, machine = [*self.release_id.split("-"), "", "", "", ""][:5]
        if names != _names(versions) or int(versions[WORKFLOW]) >= int(machine):
            return False
        return self.release != digest_of(versions)

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


def release_id(now: datetime, targets: Mapping[str, str], run: int, machine: int) -> str:
    """Return the id of a release that starts now.

    It has the time, a digest of the targets, the number of the run, a digest of the names of the parts, and `machine`:
    the lowest version of the state machine that only an ended release leads to. A run that repeats or continues a
    release has the same targets and therefore the same digest. `run` distinguishes runs that start in the same second.
    """
    return f"{now.strftime(_TIME)}-{digest_of(targets)}-{run}-{_names(targets)}-{machine}"


def digest_of(targets: Mapping[str, str]) -> str:
    """Return the digest of the versions of all parts, by their names."""
    return _digest(f"{name}={version}" for name, version in sorted(targets.items()))


def _names(targets: Mapping[str, str]) -> str:
    return _digest(sorted(targets))[:4]


def _digest(words: Iterable[str]) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:8]
