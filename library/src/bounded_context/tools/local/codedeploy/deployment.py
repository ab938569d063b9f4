"""The course of a deployment: alarms, hooks, traffic shifting and final status."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from ....configuration.strategy import Strategy
from .alarms import Alarms
from .appspec import AFTER, BEFORE, AppSpec
from .errors import Abandoned, Ended, FinalStatus
from .hooks import HookCall, Hooks
from .target import ALLOW, Target
from .traffic import Traffic

if TYPE_CHECKING:
    from moto.codedeploy.models import DeploymentInfo

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
        self, record: "DeploymentInfo", appspec: AppSpec, strategy: Strategy, alarms: dict[str, Any], account: Account
    ) -> None:
        """Create the deployment; `run` starts it."""
        self.record = record
        self.appspec = appspec
        self.error: dict[str, str] = {}
        self.rollback: dict[str, str] = {}
        self._strategy = strategy
        self.account = account
        self._alarms = Alarms(account.cloudwatch, alarms)
        self._traffic = Traffic(account.functions, appspec)
        self.target = Target(record.deployment_id, appspec, self._traffic)
        self.begun = False
        self.roll_back_when_stopped: bool | None = None
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
        self._set_status("InProgress")
        try:
            self._traffic.check()
            self.begun = True
            self._alarms.check()
            self._hook(BEFORE)
            with self.target.event(ALLOW):
                self._shift()
            self._hook(AFTER)
        except Ended as ended:
            return ended
        except (BotoCoreError, ClientError) as error:
            return _ended_by(error)
        return None

    def end(self, ended: Ended | None = None) -> None:
        """Store the final status and the error."""
        status: FinalStatus = ended.status if ended else "Succeeded"
        if ended:
            self.error = {"code": ended.code, "message": ended.message}
        self.target.end("Failed" if ended else "Succeeded")
        self._set_status(status)

    def shift_at_once(self) -> Ended | None:
        """Move all traffic and ignore alarms; return the reason of a failure, or None."""
        self._set_status("InProgress")
        try:
            self._hook(BEFORE)
            with self.target.event(ALLOW):
                self._traffic.shift(100)
            self._hook(AFTER)
        except (BotoCoreError, ClientError) as error:
            return _ended_by(error)
        return None

    def _hook(self, event: str) -> None:
        with self.target.event(event):
            if function := self.appspec.hooks.get(event):
                call = HookCall(function, event, self.record.deployment_id)
                self.account.hooks.run(self.account.functions, call, lambda done: self._wait(HOOK_MINUTES, done))

    def _shift(self) -> None:
        first, *following = self._strategy.weights
        self._traffic.shift(first)
        for weight in following:
            self._wait(self._strategy.minutes)
            self._traffic.shift(weight)

    def _wait(self, minutes: float, done: Callable[[], bool] = lambda: False) -> None:
        """Wait and poll the alarms; raise Ended if an alarm is active or an operator stops the deployment."""
        minute = self.account.minute_seconds
        deadline = time.monotonic() + minutes * minute
        while not done() and (left := deadline - time.monotonic()) > 0:
            if self._stopping.wait(min(left, minute / POLLS_A_MINUTE)):
                raise Abandoned if self._abandoned else Ended("Stopped", "MANUAL_STOP", "The deployment was stopped.")
            self._alarms.check()

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
