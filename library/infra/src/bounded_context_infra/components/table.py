"""The table of the context, and its stream."""

import json
from collections.abc import Sequence
from typing import Any, Literal

import pulumi
from pulumi_aws import dynamodb, iam, lambda_, sqs

from bounded_context_infra._parts import (
    ALL_KEYS,
    CIRCUIT_KEY,
    DUE_INDEX,
    EXPORT_KEY,
    LIST_KEY,
    Component,
    Operation,
    Severity,
    Stack,
    Statement,
    Target,
    abandoned_bucket,
    allow,
    back_up,
    grant,
    kebab,
    queue,
    report_abandoned,
    watch_dead_letters,
    watch_stream,
    watch_table,
    write_abandoned,
)

_READ_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")

STREAM_RETRIES = 100
"""Enough retries to outlast an outage, but few enough that an unreadable record does not block its shard for a day."""


class TableError(pulumi.RunError):
    """A permission or an index that does not fit the context. Pulumi prints it without a traceback."""


class Table(Component):
    """The encrypted table of the context, with the key `pk`, on demand, restorable to any second of 35 days.

    With the setting `backup`, it is also backed up into a locked vault, with copies in another account or region.
    It has the indexes that the context names in `queried_by`, with its orders.

    `readers` are the functions that read the stream so far. The bucket `abandoned` stores the batches whose retries are
    exhausted. `dead_letter_queues` has the URLs of the queues that get a message about each batch.
    """

    urn_type = "bounded-context:infra:Table"

    def __init__(self, name: str, stack: Stack, *, opts: pulumi.ResourceOptions | None = None) -> None:
        labels, protect = stack.labels, stack.settings.protect
        self.indexes, sorts = stack.context.indexes, stack.context.sort_keys
        super().__init__(name, labels, opts)
        self._stack = stack
        self.readers: list[str] = []
        self.dead_letter_queues: dict[str, pulumi.Output[str]] = {}
        self.table = dynamodb.Table(
            name,
            name=labels.table(name, stack.settings.table_epoch),
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            attributes=[
                {"name": name, "type": "S"} for name in dict.fromkeys(["pk", *self.indexes.values(), *sorts.values()])
            ],
            global_secondary_indexes=[
                {
                    "name": name,
                    "key_schemas": _keys(partition, sorts[name]),
                    "projection_type": "KEYS_ONLY" if name == DUE_INDEX else "ALL",
                }
                for name, partition in self.indexes.items()
            ],
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
            ttl={"attribute_name": "expires_at", "enabled": True},
            point_in_time_recovery={"enabled": True},
            server_side_encryption={"enabled": True, "kms_key_arn": stack.key.arn},
            deletion_protection_enabled=protect,
            tags=labels.tags,
            opts=self.stateful(protect),
        )
        self.table_name = self.table.name
        self.arn = self.table.arn
        self.abandoned = abandoned_bucket(self, stack.key.arn, protect=protect)
        if stack.settings.backup == "vault":
            back_up(self, stack, self.arn)
        watch_table(self, stack.alerts, name, self.table_name, tuple(self.indexes))
        self.register_outputs({"name": self.table_name, "arn": self.arn})

    def grant_items(
        self, role: iam.Role, *operations: Operation, keys: Sequence[str] = ALL_KEYS, queries: bool = False
    ) -> iam.RolePolicy:
        """Let `role` perform the given operations on items, alone or within transactions.

        `keys` are the prefixes of the keys of these items, by default of all items. With `queries`, the policy also
        has the permission of `grant_queries`: an update of one policy takes no permission away for a moment.

        Raises:
            TableError: `keys` is empty. AWS would then allow every item. Or the table has no index to query.
        """
        if not keys:
            raise TableError("grant_items needs at least one key: name the keys, or leave out the call.")
        items = allow([f"dynamodb:{operation}" for operation in operations], self.arn, **_only(keys))
        return grant(self, role, items, *([self._queries()] if queries else []))

    @property
    def circuits(self) -> Statement:
        """The permission for the items of circuits, of functions that call other systems."""
        operations = [f"dynamodb:{operation}" for operation in ("GetItem", "PutItem", "UpdateItem")]
        return allow(operations, self.arn, **_only([CIRCUIT_KEY]))

    def deletion(self, keys: Sequence[str]) -> Statement:
        """Return the permission to delete the items whose keys begin with any of `keys`."""
        return allow(["dynamodb:DeleteItem"], self.arn, **_only(keys))

    @property
    def exports(self) -> Sequence[Statement]:
        """The permissions of the function that exports aggregates: to read all items, and to write its records."""
        operations = [f"dynamodb:{operation}" for operation in ("GetItem", "PutItem", "UpdateItem")]
        return allow(["dynamodb:Scan"], self.arn), allow(operations, self.arn, **_only([EXPORT_KEY]))

    def grant_queries(self, role: iam.Role) -> iam.RolePolicy:
        """Let `role` query the indexes, and not the table itself.

        Raises:
            TableError: the table has no index.
        """
        return grant(self, role, self._queries())

    def _queries(self) -> Statement:
        if not self.indexes:
            raise TableError("The table has no index to query: name list or status in queried_by of the context.")
        arns = [pulumi.Output.concat(self.arn, f"/index/{index}") for index in self.indexes]
        return allow(["dynamodb:Query"], *arns)

    def feed(self, target: Target, items: Literal["aggregates", "lists"], *, severity: Severity = "warning") -> None:
        """Send the changes of aggregates, or of lists, to a function's alias, in order for each item.

        - If the function reports a record by its number, Lambda sends that record and the later records of the batch
          again. If the function fails, Lambda sends each half of the batch in turn (Lambda Developer Guide,
          "Configuring partial batch response with DynamoDB and Lambda").
        - After `STREAM_RETRIES` retries, Lambda goes on with the next batch. The bucket `abandoned` stores the failed
          batch for 15 days, and the function's dead-letter queue gets a message about it.

        `severity` applies to the alarms on a late function and on failed batches. The stream allows two readers:
        DynamoDB throttles more at a shard.
        """
        consumer = kebab(target.snake_name)
        self.readers.append(self.labels.name(consumer))
        dead_letters = self._dead_letters(consumer, severity)
        self.dead_letter_queues[target.snake_name] = dead_letters.url
        watch_stream(self, self._stack.alerts, consumer, severity)
        reads = allow(_READ_STREAM, self.table.stream_arn)
        permission = grant(self, target.role, reads, *write_abandoned(self.abandoned))
        prefix = {"aggregates": self._stack.context.key_prefix, "lists": LIST_KEY}[items]
        pattern = {"dynamodb": {"Keys": {"pk": {"S": [{"prefix": prefix}]}}}}
        mapping = lambda_.EventSourceMapping(
            f"{consumer}-stream",
            event_source_arn=self.table.stream_arn,
            function_name=target.alias_arn,
            starting_position="TRIM_HORIZON",
            batch_size=100,
            # The changes of an item stay in order for any number of batches of a shard.
            parallelization_factor=self._stack.settings.stream_parallelization_factor,
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=STREAM_RETRIES,
            destination_config={"on_failure": {"destination_arn": self.abandoned.arn}},
            filter_criteria={"filters": [{"pattern": json.dumps(pattern)}]},
            tags=self.labels.tags,
            opts=self.child(depends_on=[permission]),
        )
        report_abandoned(self, consumer, self.abandoned, mapping.id, dead_letters)

    def _dead_letters(self, consumer: str, severity: Severity) -> sqs.Queue:
        name = f"{consumer}-dead-letters"
        dead_letters = queue(self, name, self._stack.key.arn)
        watch_dead_letters(self._stack.alerts, name, dead_letters, severity)
        return dead_letters


def _only(keys: Sequence[str]) -> dict[str, Any]:
    """Return the condition that limits a statement to items with the given prefixes of keys.

    DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control".
    """
    if tuple(keys) == ALL_KEYS:
        return {}
    return {"Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [f"{key}*" for key in keys]}}}


def _keys(partition: str, sort: str) -> list[dynamodb.TableGlobalSecondaryIndexKeySchemaArgsDict]:
    return [{"attribute_name": partition, "key_type": "HASH"}, {"attribute_name": sort, "key_type": "RANGE"}]
