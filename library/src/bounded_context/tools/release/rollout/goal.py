"""The goal of a function in a run: its target version, and the permitted actions."""

from dataclasses import dataclass, replace
from typing import Self

from .deployments import Deployment


@dataclass(frozen=True)
class Goal:
    """The version that a function moves to, and the versions that it may come from.

    Every other version is the work of another run, which this run does not reverse. `seen` is the version that the
    survey found live. `unverified` is the survey's reason why a live target does not count as released. `active` is the
    active deployment, which a return stops. `reversed_id` is the deployment that a return reverses. `known` has the ids
    of the deployments that had ended at the survey.
    """

    target: str
    origins: frozenset[str]
    returns: bool = False
    unverified: str = ""
    seen: str = ""
    active: str = ""
    reversed_id: str = ""
    known: frozenset[str] = frozenset()

    @classmethod
    def forward(cls, live: str, target: str, unverified: str, active: str, known: frozenset[str]) -> Self:
        """Return the goal of a release. Another run may have moved the alias forward meanwhile, but not back."""
        return cls(target, _from(live, target), unverified=unverified, seen=live, active=active, known=known)

    def after(self, ended: Deployment) -> Self:
        """Return the goal after another release has moved the alias forward. A return invalidates that goal."""
        note = ended.note
        if self.returns or ended.status != "Succeeded" or note is None or note.returns:
            return self
        return replace(self, origins=_from(note.target, self.target))

    def refused_by(self, deployment: Deployment) -> bool:
        """Return whether a deployment of the target has failed, so that a release does not deploy it again."""
        note = deployment.note
        return deployment.refuses and not self.returns and note is not None and note.target == self.target

    def may_end(self, active: Deployment) -> bool:
        """Return whether this run may wait for a deployment's end or stop it. A return ignores later releases."""
        return not self.returns or active.reverses or active.id == self.active

    def reaches_from(self, live: str) -> bool:
        """Return whether a deployment may move the alias from `live` to the target."""
        return live in self.origins - {self.target}


def _from(live: str, target: str) -> frozenset[str]:
    """Return the versions from `live` up to the version before `target`."""
    return frozenset(str(number) for number in range(int(live), int(target)))
