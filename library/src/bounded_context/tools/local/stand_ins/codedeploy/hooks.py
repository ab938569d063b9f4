"""Lifecycle hooks: functions that CodeDeploy invokes and that report a status."""

import json
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from .errors import Ended, Refused

FAILED = "The deployment failed because one or more of the lifecycle event validation functions failed."
"""CodeDeploy's message, which does not name the function."""

Wait = Callable[[Callable[[], bool]], None]
"""Waits until the predicate is true or the hook times out; raises Ended if the deployment is stopped."""


@dataclass
class _Execution:
    deployment: str
    status: str = ""


class Hooks:
    """The hook executions of all deployments, by id."""

    def __init__(self) -> None:
        """Start without executions."""
        self._executions: dict[str, _Execution] = {}
        self._reporting = threading.Lock()

    def run(self, functions: Any, function: str, event: str, deployment: str, wait: Wait) -> None:
        """Invoke a hook and wait for its status. Raises Ended with HOOK_EXECUTION_FAILURE unless it succeeds."""
        identity, execution = str(uuid.uuid4()), _Execution(deployment)
        self._executions[identity] = execution
        payload = {"DeploymentId": deployment, "LifecycleEventHookExecutionId": identity}
        try:  # asynchronously, as CodeDeploy does
            functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(payload).encode())
        except ClientError as error:
            raise _failure(event, function, f"could not be invoked: {error}") from error
        wait(lambda: bool(execution.status))
        if execution.status != "Succeeded":
            problem = "reported that it failed" if execution.status else "has not reported its status in time"
            raise _failure(event, function, problem)

    def report(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Handle PutLifecycleEventHookExecutionStatus. Raises Refused, also for a second report."""
        identity, status = parameters["lifecycleEventHookExecutionId"], parameters["status"]
        execution = self._executions.get(identity)
        if execution is None or execution.deployment != parameters["deploymentId"]:
            code = "InvalidLifecycleEventHookExecutionIdException"
            raise Refused(code, f"The deployment {parameters['deploymentId']} has no hook execution {identity}")
        if status not in ("Succeeded", "Failed"):
            code = "InvalidLifecycleEventHookExecutionStatusException"
            raise Refused(code, f"The status of a hook is Succeeded or Failed, not {status}")
        with self._reporting:
            if execution.status:
                code = "LifecycleEventAlreadyCompletedException"
                raise Refused(code, f"The hook execution {identity} has reported {execution.status} already")
            execution.status = status
        return {"lifecycleEventHookExecutionId": identity}


def _failure(event: str, function: str, problem: str) -> Ended:
    return Ended("Failed", "HOOK_EXECUTION_FAILURE", f"{FAILED} ({event}: {function} {problem})")
