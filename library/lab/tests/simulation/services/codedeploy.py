"""Simulated CodeDeploy of the documented rules: one application with one group, whose alarms stay quiet."""

from collections.abc import Callable
from typing import Any

from bounded_context_local.extensions.codedeploy import model
from bounded_context_local.extensions.codedeploy.appspec import AppSpec, RefusedRequest
from bounded_context_local.extensions.codedeploy.model import Course, D, Deployment
from bounded_context_local.extensions.codedeploy.operations import Operations

from .client_errors import refused
from .plain_gate import PlainGate

_NAMES = {"applicationName": "application", "deploymentGroupName": "group"}
_APPSPEC = AppSpec("function", "function", "live", 1, 2).text()


class Due(model.CodeDeploy[D]):
    """Deployments whose steps are due at times of a clock. `advance` does the due steps in their order."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self.steps: dict[D, tuple[float, Course]] = {}
        self._clock = clock
        self._at: float | None = None

    def now(self) -> float:
        return self._clock() if self._at is None else self._at

    def start(self, deployment: D, course: Course) -> None:
        self.steps[deployment] = self.now(), course

    def advance(self, ahead: float = 0.0) -> None:
        """Do the steps that are due now, or so many seconds later."""
        until = self.now() + ahead
        while due := [(at, deployment) for deployment, (at, _) in self.steps.items() if at <= until]:
            self._at, deployment = min(due, key=lambda step: step[0])
            course = self.steps.pop(deployment)[1]
            if (seconds := next(course, None)) is not None:
                self.steps[deployment] = self._at + seconds, course
        self._at = None


class _Deploys(Due[Deployment]):
    def version(self, deployment: Deployment) -> int:
        return deployment.current

    def route(self, deployment: Deployment, weight: int) -> None:
        """Route nothing: there is no alias."""

    def active_alarms(self, deployment: Deployment) -> list[str]:  # noqa: ARG002
        return []

    def report(self, deployment: str, execution: str, status: str) -> None:
        """Refuse each report: no deployment has a hook."""
        raise RefusedRequest("InvalidLifecycleEventHookExecutionIdException", f"{deployment}: {execution}: {status}")


class SimCodeDeploy:
    """boto3's CodeDeploy client. A deployment without a revision goes from version 1 to 2."""

    def __init__(self, gate: PlainGate) -> None:
        self._deploys = _Deploys(lambda: gate.seconds)
        self._operations = Operations(self._deploys, self._deploys.report, "")
        self._operations.answer("CreateApplication", dict(_NAMES))
        config = {"deploymentConfigName": "CodeDeployDefault.LambdaCanary10Percent5Minutes", "serviceRoleArn": "role"}
        self._operations.answer("CreateDeploymentGroup", _NAMES | config)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = name.title().replace("_", "")
        revision = {"revisionType": "AppSpecContent", "appSpecContent": {"content": _APPSPEC}}

        def call(**request: Any) -> Any:
            self._deploys.advance()
            try:
                return self._operations.answer(operation, {"revision": revision, **request})
            except RefusedRequest as error:
                raise refused(operation, error.code, error.message) from error

        return call
