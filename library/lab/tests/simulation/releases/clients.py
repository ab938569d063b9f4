"""The driver's boto3 clients over the simulated services. Each driver has clients of its own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any, Final, TypeVar

from bounded_context_local.extensions.codedeploy import operations

from .. import profile as faults
from ..scheduler import TICK, Killed, Scheduler
from ..services.client_errors import faults as faults_of
from ..services.client_errors import refused
from ..services.retries import retried
from .aliases import Aliases, routing
from .codedeploy import CodeDeploy, Deployment, info
from .scenario import MACHINE

T = TypeVar("T")

ARN: Final = f"arn:aws:states:eu-central-1:123456789012:stateMachine:{MACHINE}"
_AROUND: Final = (faults.FAILED, faults.THROTTLED, faults.UNANSWERED, faults.KILLED_BEFORE, faults.KILLED_AFTER)


@dataclass
class Seen:
    """The time of one driver's first and last read of each alias, its writes, and the end of its credentials.

    ``killed`` is the number of the call in front of which its process ends.
    """

    name: str
    expires: float | None = None
    killed: int | None = None
    reads: dict[str, float] = field(default_factory=dict)
    first: dict[str, float] = field(default_factory=dict)
    listed: dict[str, float] = field(default_factory=dict)
    """The time of the last list of each function's deployments."""
    effects: list[tuple[float, str]] = field(default_factory=list)
    calls: int = 0

    def read(self, part: str, at: float) -> None:
        """Record a read of an alias."""
        self.reads[part] = at
        self.first.setdefault(part, at)


class Services:
    """The simulated services of one account, and the calls of one driver."""

    def __init__(self, scheduler: Scheduler, aliases: Aliases, codedeploy: CodeDeploy, seen: Seen) -> None:
        self.scheduler = scheduler
        self.aliases = aliases
        self.codedeploy = codedeploy
        self.seen = seen

    def call(self, service: str, operation: str, subject: str, effect: Callable[[], T]) -> T:
        """Do one call, which botocore repeats."""
        errors = faults_of(operation, "ThrottlingException")
        return retried(self.scheduler, f"{service}.{operation} {subject}", self._allowed(operation, effect), errors)

    def _allowed(self, operation: str, effect: Callable[[], T]) -> Callable[[], T]:
        self.seen.calls += 1
        self._die(self.seen.calls == self.seen.killed)
        expires = self.seen.expires
        if expires is not None and self.scheduler.clock >= expires:
            raise refused(operation, "ExpiredTokenException", "The security token included in the request is expired")
        return effect

    def write_at_once(self, operation: str, effect: Callable[[], Any]) -> Any:
        """Do a write that follows the read before it at once: Step Functions' alias takes no condition.

        Others run before the read and after the write. A write of another driver between the two is a documented gap.
        """
        self._allowed(operation, effect)
        rate = sum(self.scheduler.profile.faults.values())
        kind = self.scheduler.fault("write", lambda random: random.choice(_AROUND) if random.random() < rate else None)
        errors = faults_of(operation, "ThrottlingException")
        if kind in (faults.FAILED, faults.THROTTLED):
            raise errors.throttled() if kind == faults.THROTTLED else errors.failed()
        self._die(kind == faults.KILLED_BEFORE)
        answer = effect()
        self._die(kind == faults.KILLED_AFTER)
        self.scheduler.sleep(TICK)
        if kind == faults.UNANSWERED:
            raise errors.unanswered()
        return answer

    def _die(self, dies: bool) -> None:
        if dies and self.scheduler.me:
            self.scheduler.me.dead = "killed"
            raise Killed


class Lambda:
    """boto3's Lambda client."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def get_alias(self, FunctionName: str, Name: str) -> Any:  # noqa: N803
        """Return an alias."""
        assert Name == "live"
        return self._services.call("lambda", "GetAlias", FunctionName, lambda: self._get(FunctionName))

    def _get(self, name: str) -> Any:
        part = name.removeprefix("test-")
        self._services.seen.read(part, self._services.scheduler.clock)
        return routing(self._services.aliases.get(part, "GetAlias"))

    def update_alias(self, FunctionName: str, Name: str, FunctionVersion: str, **rest: Any) -> Any:  # noqa: N803
        """Route an alias, if its revision is the expected one."""
        assert (Name, rest["RoutingConfig"]) == ("live", {"AdditionalVersionWeights": {}})
        part = FunctionName.removeprefix("test-")

        def effect() -> Any:
            alias = self._services.aliases.get(part, "UpdateAlias")
            if str(alias.revision) != rest["RevisionId"]:
                raise refused("UpdateAlias", "PreconditionFailedException", "The revision is another one", 412)
            self._services.seen.effects.append((self._services.scheduler.clock, part))
            self._services.aliases.move(part, {int(FunctionVersion): 100}, self._services.seen.name)
            return routing(alias)

        return self._services.call("lambda", "UpdateAlias", FunctionName, effect)

    def get_paginator(self, name: str) -> Any:
        """Return the pages of ListVersionsByFunction."""
        assert name == "list_versions_by_function"
        return _Pages(self._versions)

    def _versions(self, FunctionName: str) -> Any:  # noqa: N803
        def effect() -> Any:
            alias = self._services.aliases.get(FunctionName.removeprefix("test-"), "ListVersionsByFunction")
            return {"Versions": [{"Version": "$LATEST"}, *({"Version": str(n + 1)} for n in range(alias.newest))]}

        return self._services.call("lambda", "ListVersionsByFunction", FunctionName, effect)


class _Pages:
    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def paginate(self, **parameters: Any) -> Iterator[Any]:
        yield self._call(**parameters)


class CodeDeployClient:
    """boto3's CodeDeploy client."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._deploys = services.codedeploy

    def create_deployment(self, **request: Any) -> Any:
        """Create a deployment."""
        group = request["deploymentGroupName"]

        def effect() -> Any:
            deployment = self._deploys.create_by(request, self._services.seen.name)
            if not self._services.scheduler.late:
                self._services.seen.effects.append((self._services.scheduler.clock, deployment.function))
            return {"deploymentId": deployment.id}

        return self._services.call("codedeploy", "CreateDeployment", group, effect)

    def get_paginator(self, name: str) -> Any:
        """Return the pages of ListDeployments."""
        assert name == "list_deployments"
        return _Pages(self._list)

    def _list(self, applicationName: str, deploymentGroupName: str, includeOnlyStatuses: Any) -> Any:  # noqa: N803
        assert applicationName == "test"
        function = deploymentGroupName.removeprefix("test-")

        def effect() -> Any:
            self._services.seen.listed[function] = self._services.scheduler.clock
            deployments = self._deploys.of_function(function)
            return {
                "deployments": [deployment.id for deployment in deployments if deployment.status in includeOnlyStatuses]
            }

        return self._services.call("codedeploy", "ListDeployments", deploymentGroupName, effect)

    def batch_get_deployments(self, deploymentIds: list[str]) -> Any:  # noqa: N803
        """Return deployments."""
        response = lambda: {"deploymentsInfo": [info(self._one(deployment_id)) for deployment_id in deploymentIds]}  # noqa: E731
        return self._services.call("codedeploy", "BatchGetDeployments", ",".join(deploymentIds), response)

    def get_deployment(self, deploymentId: str) -> Any:  # noqa: N803
        """Return a deployment."""
        response = lambda: {"deploymentInfo": info(self._one(deploymentId))}  # noqa: E731
        return self._services.call("codedeploy", "GetDeployment", deploymentId, response)

    def list_deployment_targets(self, deploymentId: str) -> Any:  # noqa: N803
        """Return the id of a deployment's target."""

        def effect() -> Any:
            if self._one(deploymentId).status == "Created":
                raise refused("ListDeploymentTargets", "DeploymentNotStartedException", deploymentId)
            return {"targetIds": [operations.target_id(self._one(deploymentId))]}

        return self._services.call("codedeploy", "ListDeploymentTargets", deploymentId, effect)

    def batch_get_deployment_targets(self, deploymentId: str, targetIds: list[str]) -> Any:  # noqa: N803
        """Return a deployment's target."""
        assert targetIds == [operations.target_id(self._one(deploymentId))]
        response = lambda: {"deploymentTargets": [operations.target(self._one(deploymentId))]}  # noqa: E731
        return self._services.call("codedeploy", "BatchGetDeploymentTargets", deploymentId, response)

    def stop_deployment(self, deploymentId: str, autoRollbackEnabled: bool) -> Any:  # noqa: N803
        """Stop a deployment."""

        def effect() -> Any:
            self._deploys.stop_by(self._one(deploymentId), self._services.seen.name, rollback=autoRollbackEnabled)
            self._services.seen.effects.append((self._services.scheduler.clock, self._one(deploymentId).function))
            return {"status": "Pending"}

        return self._services.call("codedeploy", "StopDeployment", deploymentId, effect)

    def get_deployment_group(self, applicationName: str, deploymentGroupName: str) -> Any:  # noqa: N803
        """Return a group's alarms."""
        assert applicationName == "test"
        alarms = {"alarms": [{"name": f"{deploymentGroupName}-errors"}]}
        answer = {"deploymentGroupInfo": {"alarmConfiguration": alarms}}
        return self._services.call("codedeploy", "GetDeploymentGroup", deploymentGroupName, lambda: answer)

    def _one(self, deployment_id: str) -> Deployment:
        return next(deployment for deployment in self._deploys.all if deployment.id == deployment_id)


class StepFunctions:
    """boto3's Step Functions client."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def list_state_machine_versions(self, stateMachineArn: str) -> Any:  # noqa: N803
        """Return the versions."""
        assert stateMachineArn == ARN

        def effect() -> Any:
            newest = self._services.aliases.of[MACHINE].newest
            return {"stateMachineVersions": [{"stateMachineVersionArn": f"{ARN}:{newest - n}"} for n in range(newest)]}

        return self._services.call("states", "ListStateMachineVersions", MACHINE, effect)

    def describe_state_machine_alias(self, stateMachineAliasArn: str) -> Any:  # noqa: N803
        """Return the alias."""
        assert stateMachineAliasArn == f"{ARN}:live"
        return self._services.call("states", "DescribeStateMachineAlias", MACHINE, self._described)

    def _described(self) -> Any:
        alias = self._services.aliases.of[MACHINE]
        self._services.seen.read(MACHINE, self._services.scheduler.clock)
        routes = [
            {"stateMachineVersionArn": f"{ARN}:{number}", "weight": int(weight)}
            for number, weight in alias.routed.weights.items()
        ]
        return {
            "routingConfiguration": routes,
            "description": alias.note,
            "updateDate": datetime.fromtimestamp(alias.changed, UTC),
            "ResponseMetadata": {"HTTPHeaders": {"date": formatdate(self._services.scheduler.now(), usegmt=True)}},
        }

    def update_state_machine_alias(self, **request: Any) -> Any:
        """Route the alias."""
        weights = {
            int(route["stateMachineVersionArn"].rpartition(":")[2]): float(route["weight"])
            for route in request["routingConfiguration"]
        }

        def effect() -> Any:
            self._services.seen.effects.append((self._services.scheduler.clock, MACHINE))
            self._services.aliases.move(MACHINE, weights, self._services.seen.name, request["description"])
            return {}

        return self._services.write_at_once("UpdateStateMachineAlias", effect)


class CloudWatch:
    """boto3's CloudWatch client."""

    def __init__(self, services: Services, firing: Callable[[str], bool]) -> None:
        self._services = services
        self._firing = firing

    def describe_alarms(self, AlarmNames: list[str], **_: Any) -> Any:  # noqa: N803
        """Return the states of alarms."""

        def effect() -> Any:
            states = ((name, "ALARM" if self._firing(name) else "OK") for name in AlarmNames)
            return {"MetricAlarms": [{"AlarmName": name, "StateValue": state} for name, state in states]}

        return self._services.call("cloudwatch", "DescribeAlarms", ",".join(AlarmNames), effect)
