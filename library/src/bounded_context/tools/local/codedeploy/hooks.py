"""Lifecycle hooks: functions that CodeDeploy invokes and that report a status."""

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from .errors import Ended, Refused

REPORTED = ("Succeeded", "Failed")
FAILED = "The deployment failed because one or more of the lifecycle event validation functions failed."
"""CodeDeploy's message, which does not name the function."""

Wait = Callable[[Callable[[], bool]], None]
"""Waits until the predicate is true or the hook times out; raises Ended if the deployment is stopped."""


@dataclass
class HookCall:
    """One call of a hook function; `status` is the reported status."""

    function: str
    event: str
    deployment: str
    identity: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str | None = None

    def invoke(self, functions: Any) -> None:
        """Invoke the function asynchronously, as CodeDeploy does. Raises Ended."""
        event = {"DeploymentId": self.deployment, "LifecycleEventHookExecutionId": self.identity}
        try:
            functions.invoke(FunctionName=self.function, InvocationType="Event", Payload=json.dumps(event).encode())
        except ClientError as error:
            raise self.failure(f"could not be invoked: {error}") from error

    def failure(self, problem: str) -> Ended:
        """Return the Ended that fails the deployment because of this call."""
        return Ended("Failed", "HOOK_EXECUTION_FAILURE", f"{FAILED} ({self.event}: {self.function} {problem})")


class Hooks:
    """The hook calls of all deployments, by execution id."""

    def __init__(self) -> None:
        """Start without calls."""
        self._calls: dict[str, HookCall] = {}
        self._reporting = threading.Lock()

    def run(self, functions: Any, call: HookCall, wait: Wait) -> None:
        """Invoke a hook and wait for its status. Raises Ended with HOOK_EXECUTION_FAILURE unless it succeeds."""
        self._calls[call.identity] = call
        call.invoke(functions)
        wait(lambda: call.status is not None)
        if call.status != "Succeeded":
            raise call.failure("reported that it failed" if call.status else "has not reported its status in time")

    def report(self, deployment: str, identity: str, status: str) -> None:
        """Store the status of a call. Raises Refused, also for a second report."""
        call = self._calls.get(identity)
        if call is None or call.deployment != deployment:
            code = "InvalidLifecycleEventHookExecutionIdException"
            raise Refused(code, f"The deployment {deployment} has no hook execution {identity}")
        if status not in REPORTED:
            code = "InvalidLifecycleEventHookExecutionStatusException"
            raise Refused(code, f"The status of a hook is Succeeded or Failed, not {status}")
        with self._reporting:
            if call.status:
                code = "LifecycleEventAlreadyCompletedException"
                raise Refused(code, f"The hook execution {identity} has reported {call.status} already")
            call.status = status
