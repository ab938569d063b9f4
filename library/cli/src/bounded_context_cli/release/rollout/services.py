"""The AWS services of a run: functions' aliases and versions, and alarms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from ...command.operation import Clients
from .deployments import Deployments
from .machines import Machines, NoMachine
from .outputs import Function, NoVersion, Release

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
        found: list[str] = []
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
            found += sorted(alarm.get("AlarmName", "") for alarm in alarms if alarm.get("StateValue") == "ALARM")
        return found


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
