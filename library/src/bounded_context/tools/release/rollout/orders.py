"""The order of a run: its release id, its direction, and its CodeDeploy deployments."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from .appspec import appspec, revision
from .notes import Note
from .outputs import Function, Release

if TYPE_CHECKING:
    from mypy_boto3_codedeploy.type_defs import CreateDeploymentInputTypeDef

OnConflict = Literal["wait", "stop", "fail"]

ALL_AT_ONCE = "CodeDeployDefault.LambdaAllAtOnce"


@dataclass(frozen=True)
class Order:
    """The settings that all deployments of a run share."""

    release: Release
    stack: str
    release_id: str
    on_conflict: OnConflict = "wait"
    ignored_alarms: str = ""
    back: bool = False

    def note(self, name: str, before: str, target: str) -> Note:
        """Return the note that describes the move of a part."""
        return Note(self.release_id, self.stack, name, before, target, self.back, self.ignored_alarms)

    def owns(self, note: Note | None) -> bool:
        """Return whether this run created the deployment with this note."""
        return note is not None and (note.release_id, note.back) == (self.release_id, self.back)

    def takes(self, note: Note) -> bool:
        """Return whether another run's deployment has the same direction, and ignores alarms if this run does."""
        return note.back == self.back and (bool(note.ignored_alarms) or not self.ignored_alarms)

    def request(self, function: Function, current: str, target: str) -> "CreateDeploymentInputTypeDef":
        """Return the request for a deployment: by the group's strategy, or for a return at once and without alarms."""
        hooks = {} if self.back else self.release.hooks
        request: CreateDeploymentInputTypeDef = {
            "applicationName": self.release.application,
            "deploymentGroupName": function.group,
            "revision": revision(appspec(function, current, target, hooks)),
            "description": str(self.note(function.name, current, target)),
        }
        if self.back or self.ignored_alarms:
            request["overrideAlarmConfiguration"] = {"enabled": False}
        if self.back:
            request["deploymentConfigName"] = ALL_AT_ONCE
            # A failed return must not roll forward again.
            request["autoRollbackConfiguration"] = {"enabled": False}
        return request
