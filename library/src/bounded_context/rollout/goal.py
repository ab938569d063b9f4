"""The goal of a function in a run: its target version, and what the run may do to reach it."""

from dataclasses import dataclass, replace
from typing import Self

from .deployments import Deployment


@dataclass(frozen=True)
class Goal:
    """The version that a function moves to, and the versions that it may come from.

    Every other version is the work of another run, which this run does not reverse. `unverified` is the survey's
    reason why the target does not count as live although the alias is there, `seen` the version that it saw live, and
    `active` the active deployment, which a way back stops. `brought` is the deployment that a way back reverses.
    """

    target: str
    origins: frozenset[str]
    back: bool = False
    unverified: str = ""
    seen: str = ""
    active: str = ""
    brought: str = ""

    @classmethod
    def forward(cls, live: str, target: str, unverified: str, active: str) -> Self:
        """Return the goal of a release: another run may meanwhile have moved the alias forward, and never back."""
        return cls(target, _from(live, target), unverified=unverified, seen=live, active=active)

    def after(self, ended: Deployment) -> Self:
        """Return the goal after another release has moved the alias on: it must not have been taken back since."""
        note = ended.note
        if self.back or ended.status != "Succeeded" or note is None or note.back:
            return self
        return replace(self, origins=_from(note.target, self.target))

    def may_end(self, active: Deployment) -> bool:
        """Whether this run may wait for the end of a deployment or stop it: a way back leaves a later release alone."""
        return not self.back or active.reverses or active.id == self.active

    def reaches_from(self, live: str) -> bool:
        """Whether a deployment may take the alias from `live` to the target."""
        return live in self.origins - {self.target}


def _from(live: str, target: str) -> frozenset[str]:
    """Return the versions from `live` to the one before `target`."""
    return frozenset(str(number) for number in range(int(live), int(target)))
