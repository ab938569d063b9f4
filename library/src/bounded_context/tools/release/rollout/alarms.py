"""The states of alarms."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

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
        return [alarm for start in range(0, len(names), BATCH) for alarm in self._firing(names[start : start + BATCH])]

    def _firing(self, names: Sequence[str]) -> list[str]:
        answer = self._client.describe_alarms(
            AlarmNames=names,
            # By default the answer omits composite alarms.
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            StateValue="ALARM",
            MaxRecords=BATCH,
        )
        found = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        # An emulator may ignore the filter by state.
        return sorted(alarm.get("AlarmName", "") for alarm in found if alarm.get("StateValue") == "ALARM")
