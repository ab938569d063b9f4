"""The alarms that stop a deployment. A deployment can replace or disable the alarms of its group."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from .errors import Ended

TYPES = ["MetricAlarm", "CompositeAlarm"]


class Alarms:
    """The alarms that stop a deployment."""

    def __init__(self, cloudwatch: Any, configuration: Mapping[str, Any]) -> None:
        """Read the `alarmConfiguration` of a group or the `overrideAlarmConfiguration` of a deployment."""
        enabled = configuration.get("enabled", False)
        self._names = [alarm["name"] for alarm in configuration.get("alarms") or []] if enabled else []
        self._ignore_failure = configuration.get("ignorePollAlarmFailure", False)
        self._cloudwatch = cloudwatch

    def check(self) -> None:
        """Raise Ended with ALARM_ACTIVE and CodeDeploy's message if an alarm is active."""
        if self._names and (active := self._active()):
            raise Ended(
                "Stopped",
                "ALARM_ACTIVE",
                "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and "
                f"the affected deployments have been stopped. Activated alarms: {' '.join(sorted(active))}",
            )

    def _active(self) -> list[str]:
        try:
            found = self._cloudwatch.describe_alarms(AlarmNames=self._names, AlarmTypes=TYPES, StateValue="ALARM")
        except (BotoCoreError, ClientError):
            if self._ignore_failure:
                return []
            raise
        return [alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in found.get(kind, [])]
