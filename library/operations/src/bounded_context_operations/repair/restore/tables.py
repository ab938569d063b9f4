"""The live table and the second table, which DynamoDB restores from the backup, as items in DynamoDB's notation."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Any, Final, Self

from botocore.exceptions import ClientError

from bounded_context.adapters.items import COUNTS, FAMILY, KEY, Items
from bounded_context.declaration.context import Context
from bounded_context.declaration.structure import MEET_DEADLINES
from bounded_context.domain.children import new_family
from bounded_context_cli.command.aws_errors import Refusal, code
from bounded_context_cli.command.operation import Clock
from bounded_context_cli.command.pulumi import parsed, read_outputs, refuse_others, region_of

from ..notation import Item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


KEYS: Final = 100
"""Keys of a request (AWS limit of BatchGetItem)."""

ITEMS_OF_SEGMENT: Final = 10_000
"""Items of a segment: a smaller table is read as a whole."""

_MOST_SEGMENTS: Final = 8
"""Segments that are read at the same time, by a connection each."""

_WAIT: Final = 0.5
"""Seconds before unprocessed keys are requested again (DynamoDB API reference, BatchGetItem, asks for a delay)."""


@dataclass(frozen=True)
class Tables:
    """A stack's table and the table that was restored from it, both by their names."""

    client: "DynamoDBClient"
    live: str
    restored: str

    def segments(self) -> int:
        """Return the number of segments for the tables' items, which AWS counts every six hours."""
        counts = (self.client.describe_table(TableName=name)["Table"] for name in (self.live, self.restored))
        return min(_MOST_SEGMENTS, 1 + max(table.get("ItemCount", 0) for table in counts) // ITEMS_OF_SEGMENT)

    def pages(self, table: str, prefixes: Sequence[str], segment: int, of: int) -> Iterator[dict[str, Item]]:
        """Yield a segment's items whose key has one of the prefixes, or all of them, by key, some at a time."""
        values = {f":{number}": {"S": prefix} for number, prefix in enumerate(prefixes)}
        condition = " OR ".join(f"begins_with({KEY}, {name})" for name in values)
        only: Any = {"FilterExpression": condition, "ExpressionAttributeValues": values} if prefixes else {}
        scan = self.client.get_paginator("scan").paginate(
            TableName=table, ConsistentRead=True, Segment=segment, TotalSegments=of, **only
        )
        for page in scan:
            items = page["Items"]
            for start in range(0, len(items), KEYS):
                yield _by_key(items[start : start + KEYS])

    def items(self, table: str, keys: Sequence[str]) -> dict[str, Item]:
        """Return the items with the given keys, at most 100, by key."""
        items: dict[str, Item] = {}
        request: Any = {table: {"Keys": [{KEY: {"S": key}} for key in keys], "ConsistentRead": True}}
        while request:
            answer = self.client.batch_get_item(RequestItems=request)
            items |= _by_key(answer["Responses"].get(table, []))
            if request := answer.get("UnprocessedKeys"):
                sleep(_WAIT)
        return items


@dataclass(frozen=True)
class ChildCopies:
    """The children of restored aggregates, under new keys: the relay may still remove those of the live aggregates."""

    tables: Tables
    context: Context[Any]

    def copy(self, restored: Item) -> Item:
        """Copy the children of a restored aggregate to the live table, and return the aggregate with their family."""
        if COUNTS not in restored:
            return restored
        copied = {**restored, FAMILY: new_family()}
        self._copy(dict(zip(self._keys(restored), self._keys(copied), strict=True)))
        return copied

    def copy_as_stored(self, restored: Item) -> None:
        """Copy the children of a restored aggregate under their own keys to a live table that lacks the aggregate."""
        self._copy({key: key for key in self._keys(restored)})

    def _copy(self, keys: Mapping[str, str]) -> None:
        """Copy items to the live table. `keys` maps each key to the key of its copy."""
        for start in range(0, len(keys), KEYS):
            chunk = [*keys][start : start + KEYS]
            for key, item in self.tables.items(self.tables.restored, chunk).items():
                self.tables.client.put_item(TableName=self.tables.live, Item={**item, KEY: {"S": keys[key]}})

    def remove(self, aggregate: Item | None) -> None:
        """Remove the children of an aggregate from the live table, if it has any."""
        for key in self._keys(aggregate or {}):
            self.tables.client.delete_item(TableName=self.tables.live, Key={KEY: {"S": key}})

    def _keys(self, item: Item) -> Iterator[str]:
        items: Items[Any] = Items(self.context)
        if COUNTS in item:
            yield from (key[KEY] for key in items.child_keys(items.to_aggregate(item)))


def _by_key(items: Sequence[Item]) -> dict[str, Item]:
    return {item[KEY]["S"]: item for item in items}


@dataclass(frozen=True)
class RestoreTarget:
    """A stack: its table, the key that encrypts it, and the functions that write aggregates and list records.

    `commands`, `deadlines` and `steps` have the names of functions on AWS. `machine` is the ARN of the list workflow,
    or empty.
    """

    name: str
    table: str
    key_arn: str
    region: str
    commands: tuple[str, ...]
    deadlines: tuple[str, ...]
    steps: tuple[str, ...]
    machine: str

    @classmethod
    def of(cls, name: str, outputs: Mapping[str, Any], context: Context[Any]) -> Self:
        """Parse the outputs of the service program. Raises Refusal if they are incomplete or another stack's."""
        return parsed(lambda outputs: cls._read(name, outputs, context), outputs)

    @classmethod
    def _read(cls, name: str, outputs: Mapping[str, Any], context: Context[Any]) -> Self:
        refuse_others(outputs["release"]["application"], name)
        aliases = outputs["functions"]
        # A stack that was deployed before its first deadline has no such function.
        of_deadlines = (MEET_DEADLINES,) if MEET_DEADLINES in aliases else ()
        commands, deadlines, steps = (
            tuple(aliases[function].split(":")[6] for function in functions)
            for functions in (context.command_functions, of_deadlines, context.steps)
        )
        machine = ":".join(outputs["state_machine_arn"].split(":")[:7]) if context.has_lists else ""
        return cls(
            name, outputs["table_name"], outputs["key_arn"], region_of(outputs), commands, deadlines, steps, machine
        )


def read(stack: str, program: Path, file: Path | None, context: Context[Any]) -> RestoreTarget:
    """Return the target from the outputs in `file`, or from the Pulumi CLI in the program's folder. Raises Refusal."""
    return RestoreTarget.of(stack, read_outputs(stack, program, file), context)


_POLL_SECONDS = 10


@dataclass(frozen=True)
class Copy:
    """The table as it was `at` a time. Its name contains the time, so a later call finds it.

    `source` is empty for a table that this command restores itself (`GivenCopy`).
    """

    client: "DynamoDBClient"
    target: RestoreTarget
    at: datetime
    clock: Clock
    source: str = ""

    @property
    def name(self) -> str:
        """The name of the second table."""
        return f"{self.target.table}-at-{self.at:%Y%m%dT%H%M%SZ}"

    def restore(self) -> None:
        """Restore the table, and wait until the copy is complete. A later call continues to wait.

        Raises:
            Refusal: the time is outside of the window of the backup, or the copy was deleted meanwhile.
        """
        if self.describe() is None:
            self._require_window()
            self.client.restore_table_to_point_in_time(
                SourceTableName=self.target.table,
                TargetTableName=self.name,
                RestoreDateTime=self.at,
                BillingModeOverride="PAY_PER_REQUEST",
                GlobalSecondaryIndexOverride=[],
                SSESpecificationOverride={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": self.target.key_arn},
            )
        while not self.is_complete():
            self.clock.sleep(_POLL_SECONDS)
            if self.describe() is None:
                raise Refusal(f"{self.name} was deleted during its restore: run the command again.")

    def exists(self) -> bool:
        """Return whether the copy is complete."""
        return self.describe() is not None and self.is_complete()

    def delete(self) -> None:
        """Delete the copy, if it exists."""
        if self.describe() is not None:
            self.client.delete_table(TableName=self.name)

    def is_complete(self) -> bool:
        """Return whether DynamoDB has restored the copy."""
        description = self.describe() or {}
        is_restoring = description.get("RestoreSummary", {}).get("RestoreInProgress", False)
        return description.get("TableStatus") == "ACTIVE" and not is_restoring

    def describe(self) -> Any:
        """Return the description of the copy, or None if it does not exist or is being deleted."""
        try:
            description = self.client.describe_table(TableName=self.name)["Table"]
        except ClientError as error:
            if code(error) == "ResourceNotFoundException":
                return None
            raise
        return None if description.get("TableStatus") == "DELETING" else description

    def _require_window(self) -> None:
        described = self.client.describe_continuous_backups(TableName=self.target.table)
        window: Any = described["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if window.get("PointInTimeRecoveryStatus") != "ENABLED":
            raise Refusal(f"{self.target.table} has no point-in-time backup: deploy the stack, which enables it.")
        first, last = window["EarliestRestorableDateTime"], window["LatestRestorableDateTime"]
        if not first <= self.at <= last:
            raise Refusal(
                f"{self.target.table} can be restored to a time from {first:%Y-%m-%dT%H:%M:%S%z} to"
                f" {last:%Y-%m-%dT%H:%M:%S%z}, and --at is {self.at:%Y-%m-%dT%H:%M:%SZ}."
            )
