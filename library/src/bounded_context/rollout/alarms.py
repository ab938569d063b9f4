"""The states of alarms."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

BATCH = 100
"""Alarm names that one call of DescribeAlarms may ask for (CloudWatch API reference)."""


class Alarms:
    """Reads the states of alarms."""

    def __init__(self, client: "CloudWatchClient") -> None:
        self._client = client

    def firing(self, names: Sequence[str]) -> list[str]:
        """Return the alarms that are in ALARM. Raises ClientError."""
        return [alarm for start in range(0, len(names), BATCH) for alarm in self._firing(names[start : start + BATCH])]

    def _firing(self, names: Sequence[str]) -> list[str]:
        answer = self._client.describe_alarms(
            AlarmNames=names,
            # Alarms made of others are left out of the answer otherwise.
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            StateValue="ALARM",
            MaxRecords=BATCH,
        )
        found = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
        # An emulator may not know the filter by state.
        return sorted(alarm.get("AlarmName", "") for alarm in found if alarm.get("StateValue") == "ALARM")
