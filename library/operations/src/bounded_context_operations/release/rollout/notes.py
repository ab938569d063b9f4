"""Notes and orders of releases.

A note is a description on AWS that assigns a deployment or the state machine's alias to a release. An order has the
release id and the direction of a run, and creates its CodeDeploy deployments.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal, Self

from .outputs import Function, Release

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.type_defs import CreateDeploymentInputTypeDef, RevisionLocationTypeDef

OnConflict = Literal["wait", "stop", "fail"]

LIMIT = 256
"""The maximum length of a description (Step Functions' limit for an alias; CodeDeploy also has a limit)."""

WORKFLOW = "workflow"
"""The name of the state machine in a release."""

ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"

HOOKS = {"pre_traffic": "BeforeAllowTraffic", "post_traffic": "AfterAllowTraffic"}
"""The lifecycle events of the hooks in a stack's outputs."""

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


@dataclass(frozen=True)
class Order:
    """The settings that all deployments of a run share. `returns` reverses the release."""

    release: Release
    stack: str
    release_id: str
    on_conflict: OnConflict = "wait"
    ignored_alarms: str = ""
    returns: bool = False

    def note(self, name: str, before: str, target: str) -> Note:
        """Return the note that describes the move of a part."""
        return Note(self.release_id, self.stack, name, before, target, self.returns, self.ignored_alarms)

    def owns(self, note: Note | None) -> bool:
        """Return whether this run created the deployment with this note."""
        return note is not None and (note.release_id, note.returns) == (self.release_id, self.returns)

    def accepts(self, note: Note) -> bool:
        """Return whether another run's deployment has the same direction, and ignores alarms if this run does."""
        return note.returns == self.returns and (bool(note.ignored_alarms) or not self.ignored_alarms)

    def request(self, function: Function, current: str, target: str) -> "CreateDeploymentInputTypeDef":
        """Return the request for a deployment: by the group's strategy, or for a return at once and without alarms."""
        hooks = {} if self.returns else self.release.hooks
        request: CreateDeploymentInputTypeDef = {
            "applicationName": self.release.application,
            "deploymentGroupName": function.group,
            "revision": revision(appspec(function, current, target, hooks)),
            "description": str(self.note(function.name, current, target)),
        }
        if self.returns or self.ignored_alarms:
            request["overrideAlarmConfiguration"] = {"enabled": False}
        if self.returns:
            request["deploymentConfigName"] = ALL_AT_ONCE
            # A failed return must not roll forward again.
            request["autoRollbackConfiguration"] = {"enabled": False}
        return request


def appspec(function: Function, current: str, target: str, hooks: Mapping[str, str]) -> str:
    """Return the AppSpec as JSON (CodeDeploy user guide, "AppSpec file structure" for Lambda); hooks may be empty."""
    properties = {
        "Name": function.aws_name,
        "Alias": function.alias,
        "CurrentVersion": current,
        "TargetVersion": target,
    }
    document = {
        "version": 0.0,
        "Resources": [{function.name: {"Type": "AWS::Lambda::Function", "Properties": properties}}],
        **({"Hooks": [{HOOKS[name]: hook} for name, hook in hooks.items()]} if hooks else {}),
    }
    return json.dumps(document, indent=2) + "\n"


def revision(content: str) -> "RevisionLocationTypeDef":
    """Return the AppSpec, with its hash, as the revision of a deployment."""
    digest = hashlib.sha256(content.encode()).hexdigest()
    return {"revisionType": "AppSpecContent", "appSpecContent": {"content": content, "sha256": digest}}
