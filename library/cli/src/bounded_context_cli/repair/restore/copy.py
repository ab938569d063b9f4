"""The second table, which DynamoDB restores from the backup of the live table."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ...command.aws_errors import Refused, code
from ...command.clock import Clock
from .target import Target

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_POLL_SECONDS = 10


@dataclass(frozen=True)
class Copy:
    """The table as it was `at` a time. Its name contains the time, so a later call finds it."""

    client: "DynamoDBClient"
    target: Target
    at: datetime
    clock: Clock

    @property
    def name(self) -> str:
        """The name of the second table."""
        return f"{self.target.table}-at-{self.at:%Y%m%dT%H%M%SZ}"

    def restore(self) -> None:
        """Restore the table, and wait until the copy is complete. A later call continues to wait.

        Raises:
            Refused: the time is outside of the window of the backup, or the copy was deleted meanwhile.
        """
        if self._described() is None:
            self._require_window()
            self.client.restore_table_to_point_in_time(
                SourceTableName=self.target.table,
                TargetTableName=self.name,
                RestoreDateTime=self.at,
                BillingModeOverride="PAY_PER_REQUEST",
                GlobalSecondaryIndexOverride=[],
                SSESpecificationOverride={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.target.key_arn},
            )
        while not self._is_complete():
            self.clock.sleep(_POLL_SECONDS)
            if self._described() is None:
                raise Refused(f"{self.name} was deleted during its restore: run the command again.")

    def exists(self) -> bool:
        """Return whether the copy is complete."""
        return self._described() is not None and self._is_complete()

    def delete(self) -> None:
        """Delete the copy, if it exists."""
        if self._described() is not None:
            self.client.delete_table(TableName=self.name)

    def _is_complete(self) -> bool:
        found = self._described() or {}
        is_restoring = found.get("RestoreSummary", {}).get("RestoreInProgress", False)
        return found.get("TableStatus") == "ACTIVE" and not is_restoring

    def _described(self) -> Any:
        """Return the description of the copy, or None if it does not exist or is being deleted."""
        try:
            found = self.client.describe_table(TableName=self.name)["Table"]
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return None
            raise
        return None if found.get("TableStatus") == "DELETING" else found

    def _require_window(self) -> None:
        described = self.client.describe_continuous_backups(TableName=self.target.table)
        window: Any = described["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if window.get("PointInTimeRecoveryStatus") != "ENABLED":
            raise Refused(f"{self.target.table} has no point-in-time backup: deploy the stack, which enables it.")
        first, last = window["EarliestRestorableDateTime"], window["LatestRestorableDateTime"]
        if not first <= self.at <= last:
            raise Refused(
                f"{self.target.table} can be restored to a time from {first:%Y-%m-%dT%H:%M:%S%z} to"
                f" {last:%Y-%m-%dT%H:%M:%S%z}, and --at is {self.at:%Y-%m-%dT%H:%M:%SZ}."
            )
