"""The state of a stack on AWS before a run, its services, and the refusal of a deployment while traffic is shifted.

A deployment replaces the alarms that guard a release: they then watch the newest version, and the running shift
continues without them.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from botocore.exceptions import ClientError

from bounded_context_cli.command.aws_errors import AWS_ERRORS, Refusal, code, sentence
from bounded_context_cli.command.operation import Access, Clients
from bounded_context_cli.command.pulumi import parsed

from .deployments import WORKERS, Deployment, Deployments, deployment_of, noted, unverified
from .machines import Machines, NoMachine, Routing
from .releases import WORKFLOW, Function, NoVersion, Release

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient


BATCH = 100
"""The maximum of alarm names in a call of DescribeAlarms (CloudWatch API reference)."""


@dataclass(frozen=True)
class Position:
    """An alias: its version, the traffic shares (0 to 1) of other versions, and its revision."""

    live: str
    shifting: Mapping[str, float] = field(default_factory=dict)
    revision: str = ""

    @property
    def old(self) -> str:
        """The oldest version with traffic."""
        return min(self.live, *self.shifting, key=int) if self.shifting else self.live

    @property
    def new(self) -> str:
        """The newest version with traffic."""
        return max(self.live, *self.shifting, key=int) if self.shifting else self.live

    @property
    def leftover(self) -> str:
        """Describe a shift that no deployment continues, and its remedy."""
        return f"The alias still gives {self.shares} of the traffic: `rollout back` ends that at once."

    @property
    def where(self) -> str:
        """The version, and other versions with traffic."""
        return f"{self.live} and {self.shares}" if self.shifting else self.live

    @property
    def shares(self) -> str:
        """The shares of the other versions as text; empty if one version has all traffic."""
        return " and ".join(f"version {version} {100 * share:g} %" for version, share in self.shifting.items())


class Functions:
    """Reads functions' aliases and versions."""

    def __init__(self, client: "LambdaClient") -> None:
        self._client = client

    def read(self, function: Function) -> Position:
        """Return the position of an alias. Raises ClientError, and NoVersion for an alias of `$LATEST`."""
        alias = self._client.get_alias(FunctionName=function.aws_name, Name=function.alias)
        live = alias["FunctionVersion"]
        if not live.isdecimal():
            raise NoVersion(f"{function.aws_name}'s alias {function.alias} is at {live}: point it at a version first.")
        shares = alias.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return Position(live, shares, alias.get("RevisionId", ""))

    def newest(self, function: Function) -> str:
        """Return the highest version. Raises ClientError, and NoVersion without a version."""
        pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=function.aws_name)
        versions = [version.get("Version", "") for page in pages for version in page["Versions"]]
        numbers = [version for version in versions if version.isdecimal()]
        if not numbers:
            raise NoVersion(f"{function.aws_name} has no version: deploy the stack again.")
        return max(numbers, key=int)

    def unify(self, function: Function, position: Position) -> None:
        """Give the older version all traffic if the alias has not changed since it was read.

        Raises:
            ClientError: with the code PreconditionFailedException, if the alias has another revision.
        """
        self._client.update_alias(
            FunctionName=function.aws_name,
            Name=function.alias,
            FunctionVersion=position.old,
            RoutingConfig={"AdditionalVersionWeights": {}},
            RevisionId=position.revision,
        )


class Alarms:
    """Reads the states of alarms."""

    def __init__(self, client: "CloudWatchClient") -> None:
        self._client = client

    def firing(self, names: Sequence[str]) -> list[str]:
        """Return the alarms in the state ALARM. Raises ClientError."""
        alarm_names: list[str] = []
        for start in range(0, len(names), BATCH):
            answer = self._client.describe_alarms(
                AlarmNames=names[start : start + BATCH],
                # By default the answer omits composite alarms.
                AlarmTypes=["MetricAlarm", "CompositeAlarm"],
                StateValue="ALARM",
                MaxRecords=BATCH,
            )
            alarms = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
            # An emulator may ignore the filter by state.
            alarm_names += sorted(alarm.get("AlarmName", "") for alarm in alarms if alarm.get("StateValue") == "ALARM")
        return alarm_names


@dataclass(frozen=True)
class Services:
    """The services that read and move the parts of a release."""

    functions: Functions
    deployments: Deployments
    alarms: Alarms
    machines: Machines | NoMachine

    @classmethod
    def of(cls, clients: Clients, release: Release) -> Self:
        """Create the services. Requests that write the state machine's alias are sent once."""
        reader, writer = clients("stepfunctions"), clients("stepfunctions", once=True)
        return cls(
            Functions(clients("lambda")),
            Deployments(clients("codedeploy"), release.application),
            Alarms(clients("cloudwatch")),
            Machines(reader, writer, release.machine) if release.machine.arn else NoMachine(),
        )


@dataclass(frozen=True)
class Finding:
    """A function with its position and its deployments, the newest first. `problem` is the error of reading them."""

    function: Function
    position: Position | None = None
    newest: str = ""
    history: Sequence[Deployment] = field(default_factory=tuple)
    problem: str = ""

    @property
    def live(self) -> str:
        """The version of the alias; empty if it could not be read."""
        return self.position.live if self.position else ""

    @property
    def behind(self) -> bool:
        """Whether a newer version than the live version exists."""
        return self.position is not None and int(self.live) < int(self.newest)

    @property
    def target(self) -> str:
        """The version that a release moves the function to; empty if it could not be read."""
        return max(self.live, self.newest, key=int) if self.position else ""

    @property
    def active(self) -> Deployment | None:
        """The deployment that has not ended."""
        return next((deployment for deployment in self.history if not deployment.ended), None)

    @property
    def ended(self) -> frozenset[str]:
        """The ids of the deployments that have ended."""
        return frozenset(deployment.id for deployment in self.history if deployment.ended)

    @property
    def original(self) -> Deployment | None:
        """The active deployment, or the deployment that it rolls back."""
        active = self.active
        if active is None or not active.rollback_of:
            return active
        return next((deployment for deployment in self.history if deployment.id == active.rollback_of), active)

    @property
    def leftover(self) -> bool:
        """Whether two versions share the traffic without an active deployment."""
        return self.position is not None and bool(self.position.shifting) and self.active is None

    @property
    def deployment(self) -> Deployment | None:
        """The newest ended deployment of this driver that moved the alias to the live version."""
        return deployment_of(self.history, self.live)

    @property
    def unverified(self) -> str:
        """The reason why the live version does not count as released, or an empty text."""
        return unverified(self.history, self.live)

    @property
    def failed(self) -> Deployment | None:
        """The deployment of the newest version that a hook, an alarm or an error ended, with no success after it."""
        forward = (ended for ended, note in noted(self.history) if not note.returns and note.target == self.newest)
        last = next((ended for ended in forward if ended.refuses or ended.status == "Succeeded"), None)
        return last if last and last.refuses else None

    @property
    def rolled_back(self) -> str:
        """The time at which the newest version was taken back or rolled back, as text; empty if it was not."""
        return next((text for deployment in self.history if (text := self._return_of(deployment)) is not None), "")

    def _return_of(self, deployment: Deployment) -> str | None:
        """Describe the return of the newest version by a deployment.

        Returns None if the deployment concerns another version, and an empty text if the version was not returned.
        """
        note, newest = deployment.note, self.newest
        if note is None or not deployment.ended or newest != (note.before if note.returns else note.target):
            return None
        if note.returns != (deployment.status == "Succeeded"):
            return ""
        how = "taken back" if note.returns else "rolled back"
        return f"version {newest} was {how} on {deployment.created:%Y-%m-%d at %H:%M} UTC ({deployment.id})"


@dataclass(frozen=True)
class Survey:
    """All functions and the state machine at a point in time."""

    findings: Sequence[Finding]
    routing: Routing
    machine_newest: str

    @property
    def machine_target(self) -> str:
        """The version that a release moves the state machine to."""
        return max(self.routing.old, self.machine_newest, key=int)

    @property
    def machine_after(self) -> int:
        """The lowest version of the state machine that only the end of a release, or a later release, leads to."""
        return max(int(self.machine_target), int(self.routing.old) + 1)

    @property
    def targets(self) -> Mapping[str, str]:
        """The version that a release moves each part to, by the part's name."""
        functions = {finding.function.name: finding.target for finding in self.findings}
        return {**functions, WORKFLOW: self.machine_target}

    @property
    def problems(self) -> str:
        """The functions that could not be read, with the errors; empty if all were read."""
        return ", ".join(f"{finding.function.name} ({finding.problem})" for finding in self.findings if finding.problem)


def survey_all(functions: Sequence[Function], services: Services) -> Survey:
    """Read the state machine and then all functions.

    Pulumi publishes a definition after its functions, so the functions' newest versions are never older.

    Raises:
        Refusal: the state machine cannot be read.
    """
    try:
        routing, newest = services.machines.routing(), services.machines.newest()
    except AWS_ERRORS as error:
        raise Refusal(f"The state machine cannot be read ({sentence(error)}): nothing was changed.") from error
    return Survey(survey(functions, services), routing, newest)


def survey(functions: Sequence[Function], services: Services) -> list[Finding]:
    """Read all functions, several in parallel."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda function: _find(function, services), functions))


def _find(function: Function, services: Services) -> Finding:
    try:
        history = services.deployments.history(function.group)
        return Finding(function, services.functions.read(function), services.functions.newest(function), history)
    except (Refusal, *AWS_ERRORS) as error:
        return Finding(function, problem=sentence(error))


T = TypeVar("T")

_MISSING: Final = (
    "ResourceNotFoundException",
    "ApplicationDoesNotExistException",
    "DeploymentGroupDoesNotExistException",
    "ResourceNotFound",
    "StateMachineDoesNotExist",
)
"""The errors of Lambda, CodeDeploy and Step Functions for a part that is not deployed (their API references)."""


def refuse_shift(stack: str, outputs: Any, access: Access, override: str) -> None:
    """Raise Refusal if traffic of the stack is being shifted.

    A stack without a release in its outputs passes: nothing has been deployed.

    Args:
        stack: the stack's name.
        outputs: the outputs of its last deployment.
        access: the AWS clients.
        override: the sentence's part about the override, such as `pass --during-shift REASON`.
    """
    if not (isinstance(outputs, dict) and "release" in outputs):
        return
    release = parsed(Release.of, outputs)
    if parts := moving(release, Services.of(access.clients_of(release.region), release)):
        raise Refusal(
            f"The stack {stack} is shifting traffic ({', '.join(parts)}), and a deployment would replace the alarms "
            f"that guard the shift: see `context rollout status {stack}` and wait for the end, end the shift with "
            f"`context rollout back {stack}`, or {override}."
        )


def moving(release: Release, services: Services) -> list[str]:
    """Return the parts whose traffic is being shifted, with the deployment or the shares.

    Parts that are not deployed do not count. Raises ClientError, BotoCoreError.
    """
    with ThreadPoolExecutor(WORKERS) as pool:
        function_parts = list(pool.map(lambda function: _function(function, services), release.functions))
    return [part for part in (*function_parts, _machine(services)) if part]


def _function(function: Function, services: Services) -> str:
    # In this order, the check also finds a deployment that begins between both reads.
    active = _existing(lambda: services.deployments.active(function.group))
    position = _existing(lambda: services.functions.read(function))
    if active:
        return f"{function.name} {active.id}"
    return f"{function.name} {position.where}" if position and position.shifting else ""


def _machine(services: Services) -> str:
    routing = _existing(services.machines.routing)
    if routing is None or not (routing.shifting or routing.returning):
        return ""
    return "workflow " + " and ".join(f"version {version} {weight} %" for version, weight in routing.weights.items())


def _existing(read: Callable[[], T]) -> T | None:
    """Return the result of a call, or None if the part is not deployed."""
    try:
        return read()
    except NoVersion:
        return None
    except ClientError as error:
        if code(error) not in _MISSING:
            raise
        return None
