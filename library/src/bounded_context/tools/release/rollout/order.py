"""The order of a run: its release id, its direction, and its CodeDeploy deployments."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .notes import Note
from .outputs import Function, Release

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.type_defs import CreateDeploymentInputTypeDef, RevisionLocationTypeDef

OnConflict = Literal["wait", "stop", "fail"]

ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"

HOOKS = {"pre_traffic": "BeforeAllowTraffic", "post_traffic": "AfterAllowTraffic"}
"""The lifecycle events of the hooks in a stack's outputs."""


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
