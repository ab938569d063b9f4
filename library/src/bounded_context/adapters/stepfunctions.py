"""The list workflow's executions, through boto3."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Executions:
    """What one state machine is at. The children of a map are not among its executions."""

    def __init__(self, client: "SFNClient", machine_arn: str) -> None:
        self._client = client
        self._machine = machine_arn

    def oldest_start(self) -> datetime | None:
        """Return when the oldest of those that run was started, or None if none runs."""
        pages = self._client.get_paginator("list_executions").paginate(
            stateMachineArn=self._machine, statusFilter="RUNNING"
        )
        # Newest first (ListExecutions), so the oldest is on the last page.
        return min((one["startDate"] for page in pages for one in page["executions"]), default=None)
