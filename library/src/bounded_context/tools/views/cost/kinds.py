"""The billed and the free types of resources. A type in neither table is reported as not counted."""

from collections.abc import Mapping
from typing import Final

from ...programs.recording import Graph, Node
from .read import a_month

BILLED: Final[Mapping[str, str]] = {
    "apigatewayv2/api": "by request; lists send no requests",
    "cloudwatch/compositeAlarm": "by the month",
    "cloudwatch/dashboard": "by the month",
    "cloudwatch/logGroup": "by written and stored bytes",
    "cloudwatch/metricAlarm": "by the metric and month",
    "dynamodb/table": "by units, on demand",
    "kms/key": "by the month",
    "lambda/eventSourceMapping": "by the receives of a queue; a stream's cost nothing",
    "lambda/function": "by calls, GB-seconds and traces",
    "s3/bucket": "by requests",
    "secretsmanager/secret": "by the month; reads, one in five minutes for each copy of a function, are not counted",
    "sfn/stateMachine": "by transitions",
    "sns/topic": "by publishes",
    "sqs/queue": "by requests",
    "transfer/server": "by the hour, and by GB",
}
"""How each type is billed."""

_PART: Final = "a part of a billed resource"
_SETTING: Final = "a setting"

FREE: Final[Mapping[str, str]] = {
    "apigatewayv2/authorizer": _PART,
    "apigatewayv2/integration": _PART,
    "apigatewayv2/route": _PART,
    "apigatewayv2/stage": _PART,
    "cloudwatch/eventRule": "events of AWS's services and schedules cost nothing; S3's, one an object, 1 USD a million",
    "cloudwatch/eventTarget": _PART,
    "cloudwatch/queryDefinition": "billed by the scanned bytes of each run",
    "codedeploy/application": "CodeDeploy costs nothing for Lambda",
    "codedeploy/deploymentConfig": "CodeDeploy costs nothing for Lambda",
    "codedeploy/deploymentGroup": "CodeDeploy costs nothing for Lambda",
    "iam/role": "IAM costs nothing",
    "iam/rolePolicy": "IAM costs nothing",
    "kms/alias": _PART,
    "lambda/alias": _PART,
    "lambda/functionEventInvokeConfig": _SETTING,
    "lambda/layerVersion": "Lambda keeps 75 GB of code for nothing",
    "lambda/permission": _SETTING,
    "s3/bucketLifecycleConfiguration": _SETTING,
    "s3/bucketNotification": _SETTING,
    "s3/bucketObjectv2": "an empty object, for a partner's folder",
    "s3/bucketOwnershipControls": _SETTING,
    "s3/bucketPolicy": _SETTING,
    "s3/bucketPublicAccessBlock": _SETTING,
    "s3/bucketServerSideEncryptionConfiguration": _SETTING,
    "s3/bucketVersioning": _SETTING,
    "sfn/alias": _PART,
    "sns/topicPolicy": _SETTING,
    "sns/topicSubscription": "SNS delivers to SQS for nothing",
    "sqs/queuePolicy": _SETTING,
    "sqs/redriveAllowPolicy": _SETTING,
    "ssm/parameter": "standard parameters cost nothing",
    "transfer/sshKey": _PART,
    "transfer/user": _PART,
    "xray/group": "X-Ray only bills traces",
    "xray/samplingRule": "X-Ray only bills traces",
}
"""Why each type is free by itself."""


def unknown(graph: Graph) -> list[str]:
    """Return a sentence for each resource that the estimates omit."""
    return [f"{node.kind} {node.name} is not counted: {why}." for node in graph.nodes if (why := _why(node))]


def _why(node: Node) -> str | None:
    """Return the reason why a resource cannot be counted, or None."""
    if node.kind not in BILLED and node.kind not in FREE:
        return "the price of its type is unknown"
    if node.kind == "dynamodb/table" and node.inputs.get("billingMode") != "PAY_PER_REQUEST":
        return "its capacity is provisioned, and billed by the hour"
    if node.kind == "cloudwatch/eventRule" and "scheduleExpression" in node.inputs and a_month(node) is None:
        return "its schedule is not a rate"
    return None
