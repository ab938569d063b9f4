"""The archive of a subscriber: a stream of Firehose that writes the topic's events to S3, and the tables that read it.

Firehose converts each event to Parquet by the columns of the table, partitions the events by their type, and writes an
event that it cannot convert below `errors/`.
"""

from collections.abc import Mapping
from typing import Any, Final

import pulumi
from pulumi_aws import athena, cloudwatch, glue, iam, kinesis, s3, sns, sqs

from ..configuration.defaults import ERROR_DAYS
from ..configuration.project import ProjectError, current
from ..stack.program import Component, allow, grant, trust
from ..stack.stack import Notice, Stack
from ..tables import PARTITIONS, TABLE, Tables, View
from .alarms import HOUR, Metric, When, alarm
from .buckets import private_bucket
from .queues import redrive_to

EVENTS: Final = "events/"
"""The folder of the events: `type=<type>/day=<day>/`."""
ERRORS: Final = "errors/"
"""The folder of the events that Firehose could not convert."""
_RESULTS: Final = "results/"

_RESULT_DAYS: Final = 7

BUFFER_SECONDS: Final = 900
"""The longest buffering of Firehose: the fewest files. An event may arrive 1.5 times later (Firehose Developer Guide,
"Buffer data for dynamic partitioning")."""
_BUFFER_MB: Final = 128
"""The maximum. A conversion requires 64 or more."""

_LATE_SECONDS: Final = 2 * HOUR
_LOG_STREAM: Final = "delivery"
_SCAN_LIMIT: Final = 100 * 10**9
"""Bytes that a query may scan: half a dollar."""

_PARQUET: Final = "org.apache.hadoop.hive.ql.io.parquet"
_FORMATS: Final[Mapping[str, Any]] = {
    "input_format": f"{_PARQUET}.MapredParquetInputFormat",
    "output_format": f"{_PARQUET}.MapredParquetOutputFormat",
    "ser_de_info": {"serialization_library": f"{_PARQUET}.serde.ParquetHiveSerDe"},
}

_WRITE: Final = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject")
_LIST: Final = ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads")
_READ_TABLE: Final = ("glue:GetTable", "glue:GetTableVersion", "glue:GetTableVersions")
_DELIVER: Final = (
    "firehose:DescribeDeliveryStream",
    "firehose:ListTagsForDeliveryStream",
    "firehose:PutRecord",
    "firehose:PutRecordBatch",
)


class Archived:
    """The archive of a subscriber, below the component `owner`. `name` is ``archive-<subscriber>``.

    `described` is the archive in the stack's outputs.
    """

    def __init__(self, owner: Component, stack: Stack, subscriber: str, topic: sns.Topic, dead_letters: sqs.Queue):
        self._owner, self._stack = owner, stack
        self._name = f"archive-{subscriber}"
        self._topic, self._dead_letters = topic, dead_letters
        self._tables = Tables(stack.context, current().events)
        self.database = stack.labels.name(subscriber).replace("-", "_")
        days = stack.context.archives[subscriber].days
        self._bucket = self._make_bucket(days)
        try:
            self._catalog(days)
        except ProjectError as error:
            raise pulumi.RunError(str(error)) from error
        self.stream = self._deliver()
        workgroup = self._workgroup()
        self._watch()
        self.described: Mapping[str, Any] = {
            "bucket": self._bucket.id,
            "database": self.database,
            "workgroup": workgroup.name,
            "stream": self.stream.name,
            "stream_arn": self.stream.arn,
        }

    def subscribe(self, filter_policy: str | None) -> None:
        """Subscribe the stream to the topic. An event that SNS cannot deliver goes to the dead-letter queue."""
        name, owner = self._name, self._owner
        # SNS Developer Guide, "Prerequisites for subscribing Firehose delivery streams". ListDeliveryStreams has no
        # resources, and a delivery does not need it.
        role = iam.Role(f"{name}-subscription", assume_role_policy=trust("sns"), **owner.named(f"{name}-subscription"))
        permission = grant(owner, role, allow(_DELIVER, self.stream.arn))
        sns.TopicSubscription(
            name,
            topic=self._topic.arn,
            protocol="firehose",
            endpoint=self.stream.arn,
            subscription_role_arn=role.arn,
            raw_message_delivery=True,
            filter_policy=filter_policy,
            filter_policy_scope="MessageAttributes" if filter_policy else None,
            redrive_policy=redrive_to(self._dead_letters),
            opts=owner.child(depends_on=[permission]),
        )

    def _make_bucket(self, days: int) -> s3.Bucket:
        folders = {EVENTS: days, ERRORS: ERROR_DAYS, _RESULTS: _RESULT_DAYS}
        expiry = [
            {
                "id": folder.removesuffix("/"),
                "status": "Enabled",
                "filter": {"prefix": folder},
                "expiration": {"days": after},
            }
            for folder, after in folders.items()
        ]
        stack = self._stack
        return private_bucket(self._owner, self._name, stack.key.arn, protect=stack.settings.protect, expiry=expiry)

    def _storage(self) -> Any:
        return {"location": self._folder(EVENTS), "columns": _columns(self._tables.columns), **_FORMATS}

    def _folder(self, folder: str) -> pulumi.Output[str]:
        return pulumi.Output.concat("s3://", self._bucket.id, "/", folder)

    def _catalog(self, days: int) -> None:
        database = glue.CatalogDatabase(
            self._name,
            name=self.database,
            description=f"The events of {self._stack.labels.prefix}.",
            tags=self._owner.labels.tags,
            opts=self._owner.child(),
        )
        self._table = glue.CatalogTable(
            f"{self._name}-{TABLE}",
            name=TABLE,
            database_name=database.name,
            table_type="EXTERNAL_TABLE",
            parameters={"EXTERNAL": "TRUE", "classification": "parquet", **self._projection(days)},
            partition_keys=_columns(PARTITIONS),
            storage_descriptor=self._storage(),
            opts=self._owner.child(),
        )
        for view in self._tables.views(self.database):
            self._view(database, view)

    def _projection(self, days: int) -> dict[str, pulumi.Input[str]]:
        """Return the partitions as rules, so that none is registered (Athena User Guide, "Partition projection")."""
        template = self._folder(f"{EVENTS}type=${{type}}/day=${{day}}/")
        return {
            "projection.enabled": "true",
            "projection.type.type": "enum",
            "projection.type.values": ",".join(self._tables.types),
            "projection.day.type": "date",
            "projection.day.format": "yyyy-MM-dd",
            "projection.day.range": f"NOW-{days}DAYS,NOW+1DAYS",
            "storage.location.template": template,
        }

    def _view(self, database: glue.CatalogDatabase, view: View) -> None:
        glue.CatalogTable(
            f"{self._name}-{view.name}",
            name=view.name,
            database_name=database.name,
            table_type="VIRTUAL_VIEW",
            parameters={"presto_view": "true", "comment": "Presto View"},
            storage_descriptor={
                "columns": _columns(view.hive),
                "ser_de_info": {"name": "-", "serialization_library": "-"},
            },
            view_original_text=view.original_text(self.database),
            view_expanded_text="/* Presto View */",
            opts=self._owner.child(depends_on=[self._table]),
        )

    def _deliver(self) -> kinesis.FirehoseDeliveryStream:
        name, stack, owner = self._name, self._stack, self._owner
        logs = stack.logs.group("firehose", name, owner)
        log_stream = cloudwatch.LogStream(f"{name}-log", name=_LOG_STREAM, log_group_name=logs.name, opts=owner.child())
        role = iam.Role(name, assume_role_policy=trust("firehose", external_id=stack.account.id), **owner.named(name))
        arn, place = self._bucket.arn, stack.account
        tables = [
            place.arn("glue", path)
            for path in ("catalog", f"database/{self.database}", f"table/{self.database}/{TABLE}")
        ]
        written = [pulumi.Output.concat(arn, "/", folder, "*") for folder in (EVENTS, ERRORS)]
        log_arn = place.arn("logs", f"log-group:{owner.labels.log_group('firehose', name)}:log-stream:{_LOG_STREAM}")
        statements = [
            allow(_WRITE, *written),
            allow(_LIST, arn),
            allow(_READ_TABLE, *tables),
            allow(["logs:PutLogEvents"], log_arn),
        ]
        permissions = [grant(owner, role, *statements), stack.key.grant_use(role)]
        return kinesis.FirehoseDeliveryStream(
            name,
            destination="extended_s3",
            server_side_encryption={"enabled": True, "key_type": "CUSTOMER_MANAGED_CMK", "key_arn": stack.key.arn},
            extended_s3_configuration={
                "role_arn": role.arn,
                "bucket_arn": arn,
                "kms_key_arn": stack.key.arn,
                "buffering_interval": BUFFER_SECONDS,
                "buffering_size": _BUFFER_MB,
                "prefix": EVENTS + "type=!{partitionKeyFromQuery:type}/day=!{timestamp:yyyy-MM-dd}/",
                "error_output_prefix": ERRORS + "!{firehose:error-output-type}/day=!{timestamp:yyyy-MM-dd}/",
                "cloudwatch_logging_options": {
                    "enabled": True,
                    "log_group_name": logs.name,
                    "log_stream_name": log_stream.name,
                },
                "dynamic_partitioning_configuration": {"enabled": True},
                "processing_configuration": {"enabled": True, "processors": [_TYPE_OF_EVENT]},
                "data_format_conversion_configuration": self._conversion(role),
            },
            **owner.named(name, depends_on=permissions),
        )

    def _conversion(self, role: iam.Role) -> Any:
        return {
            "input_format_configuration": {"deserializer": {"open_x_json_ser_de": {}}},
            "output_format_configuration": {"serializer": {"parquet_ser_de": {"compression": "SNAPPY"}}},
            "schema_configuration": {
                "role_arn": role.arn,
                "database_name": self._table.database_name,
                "table_name": self._table.name,
                "region": self._stack.account.region,
            },
        }

    def _workgroup(self) -> athena.Workgroup:
        encryption = {"encryption_option": "SSE_KMS", "kms_key_arn": self._stack.key.arn}
        return athena.Workgroup(
            self._name,
            configuration={
                "enforce_workgroup_configuration": True,
                "publish_cloudwatch_metrics_enabled": False,
                "bytes_scanned_cutoff_per_query": _SCAN_LIMIT,
                "result_configuration": {
                    "output_location": self._folder(_RESULTS),
                    "encryption_configuration": encryption,
                },
            },
            force_destroy=not self._stack.settings.protect,
            **self._owner.named(self._name),
        )

    def _watch(self) -> None:
        late = (
            f"The oldest event of {self._name} waits for over {_LATE_SECONDS // HOUR} hours for its file: analysts "
            "query old data, and Firehose discards events after 24 hours."
        )
        self._alarm("late", late, "DeliveryToS3.DataFreshness", When(_LATE_SECONDS, 3, 3, 300), "Maximum")
        failed = f"Firehose could not convert events of {self._name}: they are below {ERRORS} for {ERROR_DAYS} days."
        self._alarm("failed", failed, "FailedConversion.Records", When(bad=1, of=12, period=300))
        throttled = (
            f"Firehose has throttled events of {self._name} for an hour: SNS sends them again for six hours, then they "
            "are dead letters."
        )
        self._alarm("throttled", throttled, "ThrottledRecords", When(bad=12, of=12, period=300))

    def _alarm(self, name: str, text: str, metric: str, when: When, statistic: str = "Sum") -> None:
        watched = Metric("AWS/Firehose", metric, {"DeliveryStreamName": self.stream.name}, statistic)
        alarm(self._owner, self._stack.alerts, f"{self._name}-{name}", Notice("warning", text, _SECTION), watched, when)


_SECTION: Final = "an-archive-is-incomplete"

_TYPE_OF_EVENT: Final[Any] = {
    "type": "MetadataExtraction",
    "parameters": [
        {"parameter_name": "JsonParsingEngine", "parameter_value": "JQ-1.6"},
        {"parameter_name": "MetadataExtractionQuery", "parameter_value": "{type:.type}"},
    ],
}
"""The processor that gives Firehose the partition of an event."""


def _columns(types: Mapping[str, str]) -> list[Any]:
    return [{"name": name, "type": kind} for name, kind in types.items()]
