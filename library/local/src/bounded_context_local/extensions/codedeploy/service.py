"""CodeDeploy's service in the emulator's process: deployments run in threads, and shift aliases of its Lambda.

The emulator's environment has botocore, but neither the library's packages nor moto.
"""

import json
import os
import threading
import time
import traceback
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from bounded_context_infra.configuration.strategy import Strategy

from ...emulator.clock import MINUTE_SECONDS
from .appspec import Ended, RefusedRequest
from .model import POLLS_A_MINUTE, CodeDeploy, Course, Deployment, Parameters
from .operations import Operations

HOOK_MINUTES: Final = 60
"""CodeDeploy's timeout for a hook's status (user guide, "AppSpec 'hooks' section")."""

TARGET: Final = "CodeDeploy_20141006"

_FAILED: Final = "The deployment failed because deployment or more of the lifecycle event validation functions failed."
"""CodeDeploy's message, which does not name the function."""
_DENIED: Final = ("IAM_ROLE_PERMISSIONS", "The group's service role lacks a permission")
_MISSING: Final = ("INVALID_LAMBDA_FUNCTION", "The function or its alias does not exist")
_ENDS: Final = {
    **dict.fromkeys(("AccessDenied", "AccessDeniedException"), _DENIED),
    **dict.fromkeys(("ResourceNotFoundException", "ResourceNotFound"), _MISSING),
}

Clients = Callable[[str], Any]
"""Returns a client with the permissions of a deployment's role, by the service's name."""


@dataclass(eq=False, kw_only=True)
class Running(Deployment):
    """A deployment with the clients of its group's service role, and with the signal for its next step."""

    functions: Any
    alarms: Any
    signal: threading.Event = field(default_factory=threading.Event)


class Service(CodeDeploy[Running]):
    """The deployments, each in a thread, and the executions of their hooks."""

    kind = Running

    def __init__(self, act_as: Callable[[str], Clients], minute: float = MINUTE_SECONDS) -> None:
        """Start without deployments; `act_as` returns the clients for the ARN of a role. Raises ClientError."""
        super().__init__()
        self.minute = minute
        self.lock = threading.RLock()
        self._act_as = act_as
        self._reports: dict[tuple[str, str], str] = {}

    def now(self) -> float:
        """Return the time in seconds since 1970."""
        return time.time()

    def monotonic(self) -> float:
        """Return the seconds of a clock that no person sets."""
        return time.monotonic()

    def start(self, deployment: Running, course: Course) -> None:
        """Run the course in a thread."""
        threading.Thread(target=self._follow, args=(deployment, course), name=deployment.id, daemon=True).start()

    def _follow(self, deployment: Running, course: Course) -> None:
        for seconds in course:
            deployment.signal.wait(seconds)
            deployment.signal.clear()

    def stop(self, deployment: Running, parameters: Parameters) -> None:
        """Stop a deployment at once. Raises RefusedRequest."""
        super().stop(deployment, parameters)
        deployment.signal.set()

    def _new(self, spec: Any, strategy: Strategy, request: dict[str, Any], **more: Any) -> Running:
        if failed := more.get("rollback_of"):
            return super()._new(spec, strategy, request, functions=failed.functions, alarms=failed.alarms, **more)
        try:
            clients = self._act_as(request["serviceRoleArn"])
        except ClientError as error:
            message = f"CodeDeploy cannot assume the service role {request['serviceRoleArn']}: {error}"
            raise RefusedRequest("InvalidRoleException", message) from error
        return super()._new(spec, strategy, request, functions=clients("lambda"), alarms=clients("cloudwatch"), **more)

    def version(self, deployment: Running) -> int:
        """Return the version of the alias. A deployment without its alias has not moved traffic."""
        with _ending(rolls_back=False):
            return int(deployment.functions.get_alias(**_alias(deployment))["FunctionVersion"])

    def route(self, deployment: Running, weight: int) -> None:
        """Update the alias."""
        version, weights = (
            (deployment.target, {}) if weight == 100 else (deployment.current, {str(deployment.target): weight / 100})
        )
        routing = {"AdditionalVersionWeights": weights}
        with _ending():
            deployment.functions.update_alias(**_alias(deployment), FunctionVersion=str(version), RoutingConfig=routing)

    def active_alarms(self, deployment: Running) -> list[str]:
        """Return the active alarms; none if their states cannot be read and the group ignores that."""
        alarms, kinds = deployment.request["alarmConfiguration"], ["MetricAlarm", "CompositeAlarm"]
        names = [alarm["name"] for alarm in alarms.get("alarms") or []]
        if not names:
            return []
        try:
            with _ending():
                active = deployment.alarms.describe_alarms(AlarmNames=names, AlarmTypes=kinds, StateValue="ALARM")
        except Ended:
            if alarms.get("ignorePollAlarmFailure"):
                return []
            raise
        return [alarm["AlarmName"] for kind in kinds for alarm in active.get(f"{kind}s", [])]

    def hook(self, deployment: Running, event: str) -> Course:
        """Invoke a hook asynchronously, as CodeDeploy does, and wait for its status."""
        key, function = (deployment.id, str(uuid.uuid4())), deployment.spec.hooks[event]
        self._reports[key] = ""
        payload = json.dumps({"DeploymentId": deployment.id, "LifecycleEventHookExecutionId": key[1]}).encode()
        try:
            deployment.functions.invoke(FunctionName=function, InvocationType="Event", Payload=payload)
        except ClientError as error:
            raise _hook_failure(event, function, f"could not be invoked: {error}") from error
        until = self.monotonic() + HOOK_MINUTES * self.minute
        while not self._reports[key] and self.monotonic() < until:
            yield from self.wait(deployment, self.minute / POLLS_A_MINUTE)
            self.check_alarms(deployment)
        if self._reports[key] != "Succeeded":
            problem = "reported that it failed" if self._reports[key] else "has not reported its status in time"
            raise _hook_failure(event, function, problem)

    def report(self, deployment: str, execution: str, status: str) -> None:
        """Store the status of a hook. Raises RefusedRequest, also for a second report."""
        key = (deployment, execution)
        if key not in self._reports:
            code = "InvalidLifecycleEventHookExecutionIdException"
            raise RefusedRequest(code, f"The deployment {deployment} has no hook execution {execution}")
        if status not in ("Succeeded", "Failed"):
            code = "InvalidLifecycleEventHookExecutionStatusException"
            raise RefusedRequest(code, f"The status of a hook is Succeeded or Failed, not {status}")
        if self._reports[key]:
            code = "LifecycleEventAlreadyCompletedException"
            raise RefusedRequest(code, f"The hook execution {execution} has reported {self._reports[key]} already")
        self._reports[key] = status


def _alias(deployment: Deployment) -> dict[str, str]:
    return {"FunctionName": deployment.spec.function, "Name": deployment.spec.alias}


def _hook_failure(event: str, function: str, problem: str) -> Ended:
    return Ended("Failed", "HOOK_EXECUTION_FAILURE", f"{_FAILED} ({event}: {function} {problem})")


@contextmanager
def _ending(*, rolls_back: bool = True) -> Iterator[None]:
    """Raise Ended with CodeDeploy's code for an error of a call."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        aws_code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
        code, problem = _ENDS.get(aws_code, ("INTERNAL_ERROR", "A call failed"))
        raise Ended("Failed", code, f"{problem}: {error}", rolls_back) from error


def operations(service: Service, region: str, account: str) -> Operations:
    """Return the API of a service."""
    return Operations(service, service.report, f"arn:aws:lambda:{region}:{account}:function:")


def respond(api: Operations, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of a response in CodeDeploy's JSON protocol."""
    try:
        status, content = (
            HTTPStatus.OK,
            api.answer(headers["x-amz-target"].rpartition(".")[2], json.loads(body or b"{}")),
        )
    except RefusedRequest as refused:
        status, content = HTTPStatus.BAD_REQUEST, {"__type": refused.code, "message": refused.message}
    except Exception as error:
        traceback.print_exc()
        status, content = HTTPStatus.INTERNAL_SERVER_ERROR, {"__type": "InternalFailure", "message": repr(error)}
    return status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(content).encode()


def assumed(role: str) -> Clients:
    """Assume a role at the emulator, with its root user's credentials. Raises ClientError."""
    import botocore.session

    session = botocore.session.Session()
    options: dict[str, Any] = {
        "endpoint_url": f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
        "region_name": os.environ["MINISTACK_REGION"],
    }
    sts: Any = session.create_client("sts", **options)
    role_session = sts.assume_role(RoleArn=role, RoleSessionName="codedeploy")["Credentials"]
    options |= {
        "aws_access_key_id": role_session["AccessKeyId"],
        "aws_secret_access_key": role_session["SecretAccessKey"],
        "aws_session_token": role_session["SessionToken"],
    }
    return lambda service: session.create_client(service, **options)
