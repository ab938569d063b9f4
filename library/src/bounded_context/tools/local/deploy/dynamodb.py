"""DynamoDB: tables, with backups and time to live."""

from typing import Any

from ..aws import Aws
from .registry import Made, Request, creates

SETTLE_SECONDS = {"Delay": 1, "MaxAttempts": 30}


@creates("aws:dynamodb/table:Table")
def table(aws: Aws, request: Request) -> Made:
    """Create a table, wait until it exists, then enable point-in-time recovery and time to live."""
    name = request.physical_name()
    recovery, expiry = request.take("pointInTimeRecovery"), request.take("ttl")
    made = _create(aws, request, name)
    aws.client("dynamodb").get_waiter("table_exists").wait(TableName=name, WaiterConfig=SETTLE_SECONDS)
    if recovery and recovery.pop("enabled"):
        specification = {"PointInTimeRecoveryEnabled": True} | _days(recovery)
        aws.call(
            "dynamodb",
            "update_continuous_backups",
            TableName=name,
            PointInTimeRecoverySpecification=specification,
        )
    if expiry and expiry.get("enabled", True):
        specification = {"Enabled": True, "AttributeName": expiry["attributeName"]}
        aws.call("dynamodb", "update_time_to_live", TableName=name, TimeToLiveSpecification=specification)
    stream = made.get("LatestStreamArn", "")
    return name, {
        "name": name,
        "arn": made["TableArn"],
        "streamArn": stream,
        "streamLabel": made.get("LatestStreamLabel", ""),
    }


def _days(recovery: dict[str, float]) -> dict[str, int]:
    days = recovery.get("recoveryPeriodInDays")
    return {} if days is None else {"RecoveryPeriodInDays": int(days)}


def _create(aws: Aws, request: Request, name: str) -> dict[str, str]:
    parameters: dict[str, object] = {
        "KeySchema": _keys(request.take("hashKey"), request.take("rangeKey")),
        "StreamSpecification": _stream(request),
        "SSESpecification": _encryption(request),
        "GlobalSecondaryIndexes": [_index(index) for index in request.take("globalSecondaryIndexes") or []] or None,
        "Tags": request.tags(),
    }
    parameters |= request.rest(
        aws, "dynamodb", "create_table", attributes="AttributeDefinitions", name="AttributeName", type="AttributeType"
    )
    return aws.call("dynamodb", "create_table", TableName=name, **parameters)["TableDescription"]


def _keys(partition: str, sort: str | None) -> list[dict[str, str]]:
    names = [(partition, "HASH")] + ([(sort, "RANGE")] if sort else [])
    return [{"AttributeName": name, "KeyType": kind} for name, kind in names]


def _stream(request: Request) -> dict[str, object] | None:
    enabled, view = request.take("streamEnabled"), request.take("streamViewType")
    return {"StreamEnabled": True, "StreamViewType": view} if enabled else None


def _encryption(request: Request) -> dict[str, object] | None:
    wanted = request.take("serverSideEncryption")
    if not wanted or not wanted["enabled"]:
        return None
    key = wanted.get("kmsKeyArn")
    return {"Enabled": True, "SSEType": "KMS"} | ({"KMSMasterKeyId": key} if key else {})


def _index(index: dict[str, Any]) -> dict[str, Any]:
    projection = {"ProjectionType": index["projectionType"]}
    if names := index.get("nonKeyAttributes"):
        projection["NonKeyAttributes"] = names
    keys = [{"AttributeName": key["attributeName"], "KeyType": key["keyType"]} for key in index["keySchemas"]]
    return {"IndexName": index["name"], "KeySchema": keys, "Projection": projection}
