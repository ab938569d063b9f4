"""What a traffic hook meets: one deployment, and the version that it brings."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bounded_context.adapters.services import Target
from tests.handlers.functions import CREATES, handler

HOOKS = ("pre_traffic", "post_traffic")
PREFIX = "shop-prod-"
COMMAND = CREATES
EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "e-1"}


def deployed_name(function: str) -> str:
    """The name that a function has in AWS."""
    return PREFIX + function.replace("_", "-")


def run(context: Any, hook: str = "pre_traffic", event: Any = EVENT) -> dict[str, Any]:
    """Call a hook as CodeDeploy does."""
    return handler(hook)(event, context)


class FakeDeployments:
    """A deployment of a command's version 8, and what was reported of it."""

    def __init__(self) -> None:
        self.deployed = Target(deployed_name(COMMAND), "8")
        self.reports: list[tuple[str, str, str]] = []

    def target(self, _deployment: str) -> Target:
        return self.deployed

    def report(self, deployment: str, execution: str, status: str) -> None:
        self.reports.append((deployment, execution, status))


class FakeVersions:
    """Gives its answers in their order; an exception is raised."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.events: list[Mapping[str, Any]] = []
        self.seconds: list[int] = []

    def within(self, seconds: int) -> "FakeVersions":
        self.seconds.append(seconds)
        return self

    def ask(self, function_name: str, version: str, event: Mapping[str, Any]) -> Any:
        assert (function_name, version) == (deployed_name(COMMAND), "8")
        self.events.append(event)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class DeployedVersions:
    """The functions of this checkout: what they are sent and answer is JSON on its way, as it is in AWS."""

    def __init__(self, context: Any) -> None:
        self._context = context

    def ask(self, function_name: str, version: str, event: Mapping[str, Any]) -> Any:
        module = function_name.removeprefix(PREFIX).replace("-", "_")
        answer = handler(module)(json.loads(json.dumps(event)), replace(self._context, function_version=version))
        return json.loads(json.dumps(answer))
