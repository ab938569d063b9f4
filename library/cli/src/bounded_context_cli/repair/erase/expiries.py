"""The stores that cannot be changed, with their dates of expiry."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from bounded_context.domain.epochs import is_second

from ...command.clock import Clock
from ...command.operation import Clients
from ..redrive.queue_reader import counts
from ..redrive.stream import RETENTION
from ..second_tables import names
from .stack import Stack

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sqs import SQSClient

_HISTORY = timedelta(days=90)
"""The time for which Step Functions stores the history of a closed execution (AWS Step Functions Developer Guide,
"Quotas", "Quotas related to state machine executions")."""

_DEAD_LETTERS = timedelta(days=14)
"""The time for which an unprocessed message may stay in the dead-letter queue afterwards, where a search finds it."""


@dataclass(frozen=True)
class Expiry:
    """A store, and the time from which it contains no data of today; None for a backup that a person deletes."""

    store: str
    until: datetime | None

    def as_json(self) -> dict[str, Any]:
        """Return the expiry as JSON."""
        return {"store": self.store, "until": self.until and self.until.isoformat(timespec="seconds")}


def expiries(stack: Stack, clients: Clients, clock: Clock) -> Iterator[Expiry]:
    """Yield the table's stream, its backups, the history of executions, and the queues that consumers read.

    Raises ClientError, BotoCoreError.
    """
    now, tables = clock.now(), clients("dynamodb")
    yield Expiry("the table's stream", now + RETENTION)
    yield from _recovery(tables, stack.table, now, "point-in-time recovery")
    for name in names(tables, stack.table):
        yield from _recovery(tables, name, now, f"point-in-time recovery of {name}")
    yield from _backups(tables, stack.table)
    if stack.inbox:
        yield Expiry("history of the lists' executions", now + _HISTORY)
    for name, url in stack.waiting.items():
        yield from _waiting(clients("sqs"), name, url, now)


def _recovery(tables: "DynamoDBClient", table: str, now: datetime, store: str) -> Iterator[Expiry]:
    described = tables.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
    recovery = described.get("PointInTimeRecoveryDescription", {})
    if recovery.get("PointInTimeRecoveryStatus") == "ENABLED":
        # 35 days is DynamoDB's default, and its longest.
        yield Expiry(store, now + timedelta(days=recovery.get("RecoveryPeriodInDays", 35)))


def _backups(tables: "DynamoDBClient", table: str) -> Iterator[Expiry]:
    """Yield the backups of a table and of its second tables, also of deleted tables."""
    for page in tables.get_paginator("list_backups").paginate(BackupType="ALL"):
        for backup in page.get("BackupSummaries", []):
            if (name := backup.get("TableName", "")) == table or is_second(name, table):
                yield Expiry(f"backup {backup.get('BackupName')}", backup.get("BackupExpiryDateTime"))


def _waiting(queues: "SQSClient", name: str, url: str, now: datetime) -> Iterator[Expiry]:
    if any(counts(queues, url)):
        answer = queues.get_queue_attributes(QueueUrl=url, AttributeNames=["MessageRetentionPeriod"])
        seconds = int(answer["Attributes"]["MessageRetentionPeriod"])
        yield Expiry(f"queue {name}", now + timedelta(seconds=seconds) + _DEAD_LETTERS)
