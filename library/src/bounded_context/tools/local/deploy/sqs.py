"""SQS: queues, and the policies that are separate resources in Pulumi."""

from ..aws import Aws
from .policies import without_tls_statements
from .registry import Made, Request, creates

QUEUE = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "delaySeconds": "DelaySeconds",
    "fifoQueue": "FifoQueue",
    "kmsDataKeyReusePeriodSeconds": "KmsDataKeyReusePeriodSeconds",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "maxMessageSize": "MaximumMessageSize",
    "messageRetentionSeconds": "MessageRetentionPeriod",
    "policy": "Policy",
    "receiveWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "redriveAllowPolicy": "RedriveAllowPolicy",
    "redrivePolicy": "RedrivePolicy",
    "sqsManagedSseEnabled": "SqsManagedSseEnabled",
    "visibilityTimeoutSeconds": "VisibilityTimeout",
}


@creates("aws:sqs/queue:Queue")
def queue(aws: Aws, request: Request) -> Made:
    """Create a queue."""
    name = request.physical_name()
    tags, attributes = request.tag_map(), request.attributes(QUEUE)
    url = aws.call("sqs", "create_queue", QueueName=name, Attributes=attributes, tags=tags)["QueueUrl"]
    arn = f"arn:aws:sqs:{aws.region}:{aws.account}:{name}"
    return url, {"arn": arn, "name": name, "url": url}


@creates("aws:sqs/queuePolicy:QueuePolicy")
def policy(aws: Aws, request: Request) -> Made:
    """Put the policy, without statements that deny plain HTTP."""
    request.inputs["policy"] = without_tls_statements(request, request.take("policy"))
    return _set(aws, request, {"policy": "Policy"})


@creates("aws:sqs/redrivePolicy:RedrivePolicy")
def redrive_policy(aws: Aws, request: Request) -> Made:
    """Set the dead-letter queue of a queue."""
    return _set(aws, request, {"redrivePolicy": "RedrivePolicy"})


@creates("aws:sqs/redriveAllowPolicy:RedriveAllowPolicy")
def redrive_allow_policy(aws: Aws, request: Request) -> Made:
    """Set the queues that may use a queue as their dead-letter queue."""
    return _set(aws, request, {"redriveAllowPolicy": "RedriveAllowPolicy"})


def _set(aws: Aws, request: Request, names: dict[str, str]) -> Made:
    url = request.take("queueUrl")
    if attributes := request.attributes(names):
        aws.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=attributes)
    return url, {"queueUrl": url}
