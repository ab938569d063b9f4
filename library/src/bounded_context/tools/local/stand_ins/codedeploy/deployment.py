"""The course of a deployment: alarms, hooks, traffic shifting and final status."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from .....configuration.strategy import Strategy
from .appspec import AFTER, BEFORE, AppSpec
from .errors import Abandoned, Ended
from .hooks import Hooks
from .target import ALLOW, Target

if TYPE_CHECKING:
    from moto.codedeploy.models import DeploymentInfo

Parameters = Mapping[str, Any]

ACTIVE = ("Created", "Queued", "InProgress", "Ready")
HOOK_MINUTES = 60
"""CodeDeploy's timeout for a hook's status."""
POLLS_A_MINUTE = 5

_DENIED = ("AccessDenied", "AccessDeniedException")
_MISSING = ("ResourceNotFoundException", "ResourceNotFound")


@dataclass(frozen=True)
class Account:
    """The clients of a deployment, with its group's service role; a minute lasts `minute_seconds`."""

    functions: Any
    cloudwatch: Any
    hooks: Hooks
    minute_seconds: float


class Deployment:
    """One deployment: updates moto's record and holds the data that the record lacks."""

    def __init__(
        self,
        record: "DeploymentInfo",
        appspec: AppSpec,
        strategy: Strategy,
        alarms: Mapping[str, Any],
        account: Account,
    ) -> None:
        """Create the deployment; `run` starts it. `alarms` is the alarm configuration to follow."""
        self.record = record
        self.appspec = appspec
        self.account = account
        self.target = Target(record.deployment_id, appspec, account.functions)
        self.error: dict[str, str] = {}
        self.rollback: dict[str, str] = {}
        self.begun = False
        self.roll_back_when_stopped: bool | None = None
        self._strategy = strategy
        self._alarms = alarms
        self._stopping = threading.Event()
        self._abandoned = False

    @property
    def active(self) -> bool:
        """Whether the deployment is still running or waiting."""
        return self.record.status in ACTIVE

    def stop(self, *, roll_back: bool | None) -> None:
        """Stop the deployment as an operator does; with None, the group's settings decide about a rollback."""
        self.roll_back_when_stopped = roll_back
        self._stopping.set()

    def abandon(self) -> None:
        """End the deployment's thread without changing the alias or the record."""
        self._abandoned = True
        self._stopping.set()

    def run(self) -> Ended | None:
        """Run the deployment; return the reason of its failure, or None if it succeeded."""
        return self._run(self._begin, self._shift)

    def shift_at_once(self) -> Ended | None:
        """Move all traffic and ignore alarms; return the reason of a failure, or None."""
        return self._run(lambda: None, lambda: self.target.shift(100))

    def end(self, ended: Ended | None = None) -> None:
        """Store the final status and the error."""
        if ended:
            self.error = {"code": ended.code, "message": ended.message}
        self.target.end("Failed" if ended else "Succeeded")
        self._set_status(ended.status if ended else "Succeeded")

    def _run(self, begin: Callable[[], None], shift: Callable[[], None]) -> Ended | None:
        self._set_status("InProgress")
        try:
            begin()
            self._hook(BEFORE)
            with self.target.event(ALLOW):
                shift()
            self._hook(AFTER)
        except Ended as ended:
            return ended
        except (BotoCoreError, ClientError) as error:
            return _ended_by(error)
        return None

    def _begin(self) -> None:
        self.target.check()
        self.begun = True
        self._check_alarms()

    def _hook(self, event: str) -> None:
        with self.target.event(event):
            if function := self.appspec.hooks.get(event):
                account, identity = self.account, self.record.deployment_id
                account.hooks.run(
                    account.functions, function, event, identity, lambda done: self._wait(HOOK_MINUTES, done)
                )

    def _shift(self) -> None:
        first, *following = self._strategy.weights
        self.target.shift(first)
        for weight in following:
            self._wait(self._strategy.minutes)
            self.target.shift(weight)

    def _wait(self, minutes: float, done: Callable[[], bool] = lambda: False) -> None:
        """Wait and poll the alarms; raise Ended if an alarm is active or an operator stops the deployment."""
        minute = self.account.minute_seconds
        deadline = time.monotonic() + minutes * minute
        while not done() and (left := deadline - time.monotonic()) > 0:
            if self._stopping.wait(min(left, minute / POLLS_A_MINUTE)):
                raise Abandoned if self._abandoned else Ended("Stopped", "MANUAL_STOP", "The deployment was stopped.")
            self._check_alarms()

    def _check_alarms(self) -> None:
        """Raise Ended with ALARM_ACTIVE and CodeDeploy's message if an alarm is active."""
        if active := self._active_alarms():
            raise Ended(
                "Stopped",
                "ALARM_ACTIVE",
                "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and "
                f"the affected deployments have been stopped. Activated alarms: {' '.join(sorted(active))}",
            )

    def _active_alarms(self) -> list[str]:
        names = [alarm["name"] for alarm in self._alarms.get("alarms") or []]
        if not (names and self._alarms.get("enabled")):
            return []
        kinds = ["MetricAlarm", "CompositeAlarm"]
        try:
            found = self.account.cloudwatch.describe_alarms(AlarmNames=names, AlarmTypes=kinds, StateValue="ALARM")
        except (BotoCoreError, ClientError):
            if self._alarms.get("ignorePollAlarmFailure"):
                return []
            raise
        return [alarm["AlarmName"] for kind in kinds for alarm in found.get(f"{kind}s", [])]

    def _set_status(self, status: str) -> None:
        from moto.core.utils import utcnow

        self.record.start_time = self.record.start_time or utcnow()
        self.record.complete_time = None if status in ACTIVE else utcnow()
        shown = {"Stopped": "Failed"}.get(status, status)
        self.record.deployment_overview = {key: int(key == shown) for key in self.record.deployment_overview}
        self.record.status = status


def _ended_by(error: BotoCoreError | ClientError) -> Ended:
    code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else None
    if code in _DENIED:
        return Ended("Failed", "IAM_ROLE_PERMISSIONS", f"The group's service role lacks a permission: {error}")
    if code in _MISSING:
        return Ended("Failed", "INVALID_LAMBDA_FUNCTION", f"The function or its alias does not exist: {error}")
    return Ended("Failed", "INTERNAL_ERROR", str(error))
