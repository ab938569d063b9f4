"""The state of a running stack: executions with the uploads that start them, the table, and its stream."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from boto3.dynamodb.types import TypeDeserializer

from bounded_context.adapters.items import RUN, to_list
from bounded_context.declaration.context import Context
from bounded_context_cli.command.aws_errors import Calls
from bounded_context_cli.command.output import LocalRunError

from .emulator.aws import Aws
from .emulator.clock import until

START_SECONDS = 20.0
END_SECONDS = 600.0
POLL_SECONDS = 0.1
POLL_SHARE = 0.02
"""Time between two polls of an execution, as a share of the time since the first poll. The emulator answers the polls
with the processor time that the import needs."""
FAILED = "FAILED"
WAITING: Final = "WAITING"
"""The outcome of an execution that waits for an approval of its list."""

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Ended:
    """A completed execution. `outcome` is the outcome in its output, or FAILED; WAITING for one that waits."""

    arn: str
    outcome: str
    list_id: str | None
    error: str = ""


def of_path(aws: Aws, machine: str, path: str) -> list[str]:
    """Return the ARNs of the executions that uploads to a path started, oldest first."""
    executions = aws.call("stepfunctions", "list_executions", stateMachineArn=machine, maxResults=1000)["executions"]
    arns = [execution["executionArn"] for execution in sorted(executions, key=lambda execution: execution["startDate"])]
    return [arn for arn in arns if _path(aws, arn) == path]


# Cached because an execution's input never changes, and a kept run has hundreds of executions.
@lru_cache(maxsize=10_000)
def _path(aws: Aws, arn: str) -> str:
    """Return the path of the uploaded file. Transfer's events contain it; S3's events contain bucket and key."""
    announced: dict[str, str] = json.loads(_describe(aws, arn)["input"])
    return announced.get("path") or f"/{announced.get('bucket')}/{announced.get('key')}"


def wait_for_next(aws: Aws, machine: str, path: str, earlier: list[str]) -> str:
    """Wait for an execution that an upload to a path starts, and return its ARN. Ignore the `earlier` executions.

    Raises:
        LocalRunError: no execution started in time; the rule, its pattern or its target is wrong.
    """
    new = until(lambda: [arn for arn in of_path(aws, machine, path) if arn not in earlier], START_SECONDS, POLL_SECONDS)
    if new:
        return new[0]
    raise LocalRunError(f"no execution started in {START_SECONDS:.0f} s after the upload to {path}")


def follow(aws: Aws, arn: str, progress: Progress | None = None, waiting: Callable[[str], str] = lambda _: "") -> Ended:
    """Wait for an execution's end, and call `progress` with the name of the current state at each poll.

    `waiting` returns the id of the execution's list if it waits for an approval. This ends the wait, too.

    Raises:
        LocalRunError: the execution has not ended in time.
    """
    start = time.monotonic()
    while (description := _describe(aws, arn))["status"] == "RUNNING":
        if list_id := waiting(arn):
            return Ended(arn, WAITING, list_id)
        if (waited := time.monotonic() - start) > END_SECONDS:
            raise LocalRunError(f"the execution {arn} has not ended in {END_SECONDS:.0f} s")
        if progress and (states := entered(aws, arn)):
            progress(states[-1]["name"])
        time.sleep(max(POLL_SECONDS, waited * POLL_SHARE))
    return _end_of(aws, description)


def _end_of(aws: Aws, description: dict[str, Any]) -> Ended:
    arn = description["executionArn"]
    if description["status"] == "SUCCEEDED":
        output = json.loads(description["output"])
        return Ended(arn, output["outcome"], output.get("list_id"))
    cause = f"{description['status']} {description.get('error', '')}: {description.get('cause', '')}"
    return Ended(arn, FAILED, _list_id(aws, arn), cause)


def _describe(aws: Aws, arn: str) -> dict[str, Any]:
    return aws.call("stepfunctions", "describe_execution", executionArn=arn)


def entered(aws: Aws, arn: str) -> list[dict[str, Any]]:
    """Return the entered states of an execution, oldest first, each with its `name` and its `input`."""
    return [event["stateEnteredEventDetails"] for event in history(aws, arn) if "stateEnteredEventDetails" in event]


def _list_id(aws: Aws, arn: str) -> str | None:
    """Return the list id in the first state's output; None before the end of the first state."""
    outputs = [
        event["stateExitedEventDetails"].get("output", "{}")
        for event in history(aws, arn)
        if "stateExitedEventDetails" in event
    ]
    return json.loads(outputs[0]).get("list_id") if outputs else None


def history(aws: Aws, arn: str) -> list[dict[str, Any]]:
    """Return the first 1,000 events of an execution, oldest first."""
    return aws.call("stepfunctions", "get_execution_history", executionArn=arn, maxResults=1000)["events"]


@dataclass(frozen=True)
class Upload:
    """A file that a partner has uploaded to `path`, which is `/<bucket>/<key>`.

    `arrived` is the time at which the upload was complete, in seconds since 1970. `earlier` contains the executions
    that earlier uploads to the path started. `etag` is the object's ETag without quotes, or empty if events lack it.
    """

    path: str
    size: int
    arrived: float
    earlier: list[str]
    etag: str = ""


@dataclass(frozen=True)
class Sent:
    """An event that was put on the bus, with the time in seconds since 1970."""

    time: float
    source: str
    kind: str
    detail: dict[str, Any]


Item = dict[str, Any]

_LIST_KEY: Final = "LIST#"
_WRITE_BATCH: Final = 25


class Table:
    """The table with list records, aggregates, and the projection of other contexts' aggregates."""

    def __init__(self, aws: Calls, name: str, context: Context[Any]) -> None:
        """Use the table `name`, with the keys of the context."""
        self.name = name
        self._aws = aws
        self._own = context.key_prefix
        self._others = tuple(map(_key_of, context.referenced_kinds))

    def list_item(self, list_id: str) -> Item:
        """Return a list's record. Raises KeyError if the record is missing."""
        if (record := self._item(f"{_LIST_KEY}{list_id}")) is None:
            raise KeyError(list_id)
        return record

    def waiting(self, execution: str) -> str:
        """Return the id of an execution's list if it waits for an approval, or an empty text."""
        run = self._item(f"{RUN}{execution}")
        received = to_list(self.list_item(run["list_id"])) if run else None
        return received.list_id if received and received.awaits_approval else ""

    def lists(self) -> list[Item]:
        """Return the records of all lists."""
        return self._of_kind(_LIST_KEY)

    def item_of(self, identity: str) -> Item | None:
        """Return an aggregate's item; None if it is not in the table."""
        return self._item(f"{self._own}{identity}")

    def projected(self, aggregate: str, subject: str) -> Item | None:
        """Return the projection of another context's aggregate; None if it is not in the table."""
        return self._item(f"{_key_of(aggregate)}{subject}")

    def imported(self, list_id: str) -> int:
        """Count the aggregates in the table that a list imported, independently of the list's record."""
        return sum(page["Count"] for page in self._of_list(list_id, Select="COUNT"))

    def imported_items(self, list_id: str) -> list[Item]:
        """Return the items of the aggregates that a list imported."""
        return sorted(_plain_items(self._of_list(list_id)), key=lambda item: item["pk"])

    def references(self) -> list[Item]:
        """Return all items of the projection of other contexts' aggregates."""
        return [item for kind in self._others for item in self._of_kind(kind)]

    def know_references(self, identities: Iterable[str]) -> None:
        """Put missing references into the projection. Existing items stay, also items of deleted aggregates.

        The table is written directly: thousands of events would take most of a run's time.
        """
        references = list(identities)
        keys = [f"{kind}{identity}" for kind in self._others for identity in references]
        for start in range(0, len(keys), _WRITE_BATCH):
            self._put_missing(keys[start : start + _WRITE_BATCH])

    def _put_missing(self, keys: list[str]) -> None:
        query = {"Keys": [{"pk": {"S": key}} for key in keys], "ProjectionExpression": "pk"}
        responses = self._aws.call("dynamodb", "batch_get_item", RequestItems={self.name: query})["Responses"]
        missing = set(keys) - {item["pk"]["S"] for item in responses[self.name]}
        puts = [{"PutRequest": {"Item": {"pk": {"S": key}, "status": {"S": "ACTIVE"}}}} for key in sorted(missing)]
        if puts:
            self._aws.call("dynamodb", "batch_write_item", RequestItems={self.name: puts})

    def _item(self, key: str) -> Item | None:
        keys = {"pk": {"S": key}}
        item = self._aws.call("dynamodb", "get_item", TableName=self.name, Key=keys, ConsistentRead=True).get("Item")
        return item and _plain(item)

    def _of_kind(self, kind: str) -> list[Item]:
        return _plain_items(self._scan("begins_with(pk, :kind)", {":kind": {"S": kind}}))

    def _of_list(self, list_id: str, **more: object) -> Iterator[dict[str, Any]]:
        values = {":kind": {"S": self._own}, ":list_id": {"S": list_id}}
        return self._scan("begins_with(pk, :kind) AND list_id = :list_id", values, **more)

    def _scan(self, condition: str, values: Mapping[str, Any], **more: object) -> Iterator[dict[str, Any]]:
        expression = {"FilterExpression": condition, "ExpressionAttributeValues": values}
        pages = self._aws.client("dynamodb").get_paginator("scan")
        return iter(pages.paginate(TableName=self.name, ConsistentRead=True, **expression, **more))


def _key_of(aggregate: str) -> str:
    """Return the key prefix of another context's aggregates."""
    return f"{aggregate.upper()}#"


def _plain(item: Mapping[str, Any]) -> Item:
    """Return an item with Python values."""
    read = TypeDeserializer().deserialize
    return {name: read(value) for name, value in item.items()}


def _plain_items(pages: Iterable[Mapping[str, Any]]) -> list[Item]:
    return [_plain(item) for page in pages for item in page["Items"]]


def changes(aws: Aws, table: str) -> Iterator[dict[str, Any]]:
    """Yield the records of a table's stream, oldest first."""
    stream = aws.call("dynamodb", "describe_table", TableName=table)["Table"]["LatestStreamArn"]
    described = aws.call("dynamodbstreams", "describe_stream", StreamArn=stream)["StreamDescription"]
    for shard in described["Shards"]:
        place = {"StreamArn": stream, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = aws.call("dynamodbstreams", "get_shard_iterator", **place)["ShardIterator"]
        while (page := aws.call("dynamodbstreams", "get_records", ShardIterator=iterator))["Records"]:
            yield from page["Records"]
            iterator = page["NextShardIterator"]


def quiet_second() -> datetime:
    """Return a second of which all changes are over, and wait until the next changes have a later second."""
    at = datetime.now(UTC).replace(microsecond=0)
    time.sleep(1.1)
    return at
