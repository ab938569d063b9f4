"""SNS: topics, policies and subscriptions."""

import json

from ..aws import Aws
from .policies import without_tls_statements
from .registry import Made, Request, creates

TOPIC = {
    "contentBasedDeduplication": "ContentBasedDeduplication",
    "deliveryPolicy": "DeliveryPolicy",
    "displayName": "DisplayName",
    "fifoTopic": "FifoTopic",
    "kmsMasterKeyId": "KmsMasterKeyId",
    "policy": "Policy",
    "signatureVersion": "SignatureVersion",
    "tracingConfig": "TracingConfig",
}
SUBSCRIPTION = {
    "deliveryPolicy": "DeliveryPolicy",
    "filterPolicy": "FilterPolicy",
    "filterPolicyScope": "FilterPolicyScope",
    "rawMessageDelivery": "RawMessageDelivery",
    "redrivePolicy": "RedrivePolicy",
}


@creates("aws:sns/topic:Topic")
def topic(aws: Aws, request: Request) -> Made:
    """Create a topic."""
    name = request.physical_name()
    tags, attributes = request.tags(), request.attributes(TOPIC)
    arn = aws.call("sns", "create_topic", Name=name, Attributes=attributes, Tags=tags)["TopicArn"]
    return arn, {"arn": arn, "name": name, "owner": aws.account}


@creates("aws:sns/topicPolicy:TopicPolicy")
def policy(aws: Aws, request: Request) -> Made:
    """Put the policy, without statements that deny plain HTTP."""
    arn, document = request.take("arn"), without_tls_statements(request, request.take("policy"))
    if document:
        aws.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=document)
    return arn, {"arn": arn}


@creates("aws:sns/topicSubscription:TopicSubscription")
def subscription(aws: Aws, request: Request) -> Made:
    """Subscribe an endpoint, with its filter."""
    arn = aws.call(
        "sns",
        "subscribe",
        TopicArn=request.take("topic"),
        Protocol=request.take("protocol"),
        Endpoint=request.take("endpoint"),
        Attributes=_filtering_bodies(request, request.attributes(SUBSCRIPTION)),
        ReturnSubscriptionArn=True,
    )["SubscriptionArn"]
    return arn, {"arn": arn}


def _filtering_bodies(request: Request, attributes: dict[str, str]) -> dict[str, str]:
    """Apply a filter on the attribute `type` to the body's `type`, which has the same value in a CloudEvent."""
    if json.loads(attributes.get("FilterPolicy", "{}")).keys() != {"type"}:
        return attributes
    request.adapted.append("the filter matches the body's type: the emulator's Step Functions omits message attributes")
    return attributes | {"FilterPolicyScope": "MessageBody"}
