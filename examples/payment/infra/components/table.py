"""The one table of the context, and its stream."""

import json
from typing import Literal

import pulumi
from pulumi_aws import dynamodb, iam, lambda_

from ..alerts import Alerts, Severity
from ..labels import Labels
from ..policy import allow, grant
from ._component import Component
from ._queue import queue, queue_policy
from ._watch_queue import watch_dead_letters
from ._watch_table import watch_stream, watch_table

Operation = Literal["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"]

_READ_STREAM = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")

STREAM_RETRIES = 100
"""Enough to outlast an outage, few enough that an item nobody can read does not hold up its shard for a day."""

PARALLEL = 10
"""Batches of one shard at a time, the most that Lambda takes; the changes of one item stay in order."""


INDEXES = {"by_list": "list_shard", "by_status": "status_shard"}
"""Each index and its partition key, which only the aggregates' items have; the sort key is `pk`."""


class Table(Component):
    """Items by their key `pk`, on demand, restorable to any second of 35 days, encrypted; aggregates also by `INDEXES`.

    `readers` names the functions that the stream is sent to so far.
    """

    urn_type = "bounded-context:infra:Table"

    def __init__(self, name: str, labels: Labels, key_arn: pulumi.Input[str], alerts: Alerts, *, protect: bool) -> None:
        super().__init__(name, labels)
        self._key_arn = key_arn
        self._alerts = alerts
        self.readers: list[str] = []
        self._table = dynamodb.Table(
            name,
            name=labels.name(name),
            billing_mode="PAY_PER_REQUEST",
            hash_key="pk",
            attributes=[{"name": name, "type": "S"} for name in ("pk", *INDEXES.values())],
            global_secondary_indexes=[
                {"name": name, "hash_key": partition, "range_key": "pk", "projection_type": "ALL"}
                for name, partition in INDEXES.items()
            ],
            stream_enabled=True,
            stream_view_type="NEW_AND_OLD_IMAGES",
            ttl={"attribute_name": "expires_at", "enabled": True},
            point_in_time_recovery={"enabled": True},
            server_side_encryption={"enabled": True, "kms_key_arn": key_arn},
            deletion_protection_enabled=protect,
            tags=labels.tags,
            opts=self.stateful(protect),
        )
        self.table_name = self._table.name
        self.arn = self._table.arn
        watch_table(self, alerts, name, self.table_name)
        self.register_outputs({"name": self.table_name, "arn": self.arn})

    def grant_items(self, role: iam.Role, *operations: Operation) -> iam.RolePolicy:
        """Let `role` do these operations on items, alone or within transactions."""
        return grant(self, role, allow([f"dynamodb:{operation}" for operation in operations], self.arn))

    def grant_queries(self, role: iam.Role, *indexes: str) -> iam.RolePolicy:
        """Let `role` query these indexes, and not the table itself."""
        arns = [pulumi.Output.concat(self.arn, f"/index/{index}") for index in indexes]
        return grant(self, role, allow(["dynamodb:Query"], *arns))

    def stream_to(
        self,
        consumer: str,
        alias_arn: pulumi.Input[str],
        role: iam.Role,
        *,
        key_prefix: str,
        severity: Severity = "warning",
    ) -> pulumi.Output[str]:
        """Send the changes of items whose `pk` starts with `key_prefix` to a function's alias, in order for each item.

        What it cannot take goes to a dead-letter queue, whose URL is returned. `severity` says how bad it is that the
        function is behind, or gave a change up.
        """
        self.readers.append(consumer)
        name = f"{consumer}-dead-letters"
        dead_letters = queue(self, name, self._key_arn)
        queue_policy(self, name, dead_letters)
        lost = f"{consumer} gave changes up, so nothing that follows from them has happened."
        watch_dead_letters(self, self._alerts, name, dead_letters, severity, lost)
        watch_stream(self, self._alerts, consumer, severity)
        permission = grant(
            self, role, allow(_READ_STREAM, self._table.stream_arn), allow(["sqs:SendMessage"], dead_letters.arn)
        )
        lambda_.EventSourceMapping(
            f"{consumer}-stream",
            event_source_arn=self._table.stream_arn,
            function_name=alias_arn,
            starting_position="TRIM_HORIZON",
            batch_size=100,
            parallelization_factor=PARALLEL,
            function_response_types=["ReportBatchItemFailures"],
            bisect_batch_on_function_error=True,
            maximum_retry_attempts=STREAM_RETRIES,
            destination_config={"on_failure": {"destination_arn": dead_letters.arn}},
            filter_criteria={"filters": [{"pattern": _key_pattern(key_prefix)}]},
            tags=self.labels.tags,
            opts=self.child(depends_on=[permission]),
        )
        return dead_letters.url


def _key_pattern(prefix: str) -> str:
    return json.dumps({"dynamodb": {"Keys": {"pk": {"S": [{"prefix": prefix}]}}}})
