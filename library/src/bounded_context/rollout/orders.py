"""What a run asks of CodeDeploy: forward to the newest versions, or back to the ones before."""

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
    """One run's deployments: all have its release id, and the same answer to deployments of others."""

    release: Release
    stack: str
    release_id: str
    on_conflict: OnConflict = "wait"
    ignored_alarms: str = ""
    back: bool = False

    def note(self, name: str, before: str, target: str) -> Note:
        """What the description of a part's move says."""
        return Note(self.release_id, self.stack, name, before, target, self.back, self.ignored_alarms)

    def owns(self, note: Note | None) -> bool:
        """Whether this run created what has this description."""
        return note is not None and (note.release_id, note.back) == (self.release_id, self.back)

    def takes(self, note: Note) -> bool:
        """Whether another run's deployment does the same as this run's would: the way, and whether alarms count."""
        return note.back == self.back and (bool(note.ignored_alarms) or not self.ignored_alarms)

    def request(self, function: Function, current: str, target: str) -> "CreateDeploymentInputTypeDef":
        """The deployment of a function, in the group's own strategy or, backwards, at once and whatever alarms say."""
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
            # A way back that fails must not lead forward again.
            request["autoRollbackConfiguration"] = {"enabled": False}
        return request
