"""The AWS services of a run."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from ...command.operation import Clients
from .deployments import Deployments
from .functions import Functions
from .machines import Machines, NoMachine
from .outputs import Release

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

BATCH = 100
"""The maximum of alarm names in a call of DescribeAlarms (CloudWatch API reference)."""


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
