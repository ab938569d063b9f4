"""The list workflow's executions, through boto3."""

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient


class Executions:
    """The executions of one state machine, without the children of a map."""

    def __init__(self, client: "SFNClient", machine_arn: str) -> None:
        self._client = client
        self._machine = machine_arn

    def oldest_start(self) -> datetime | None:
        """Return the start time of the oldest running execution, or None."""
        pages = self._client.get_paginator("list_executions").paginate(
            stateMachineArn=self._machine, statusFilter="RUNNING"
        )
        # ListExecutions returns the newest first: the oldest is on the last page.
        return min((run["startDate"] for page in pages for run in page["executions"]), default=None)
