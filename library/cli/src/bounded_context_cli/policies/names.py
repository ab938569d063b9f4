"""Policies for names: no resource has the identity of another resource in AWS."""

from collections.abc import Iterator
from typing import Final

from ..programs.graph import Graph, Node
from .policy import Violation, policy

_IDENTITY: Final = {
    **dict.fromkeys(("iam/role", "lambda/function", "cloudwatch/logGroup", "sfn/stateMachine"), ("name",)),
    "iam/rolePolicy": ("role", "name"),
    "cloudwatch/metricAlarm": ("name",),
    "cloudwatch/compositeAlarm": ("alarmName",),
    "cloudwatch/dashboard": ("dashboardName",),
    "cloudwatch/eventRule": ("eventBusName", "name"),
    "cloudwatch/eventTarget": ("eventBusName", "rule", "targetId"),
    "cloudwatch/logResourcePolicy": ("policyName",),
    "sqs/queue": ("name",),
    "sns/topic": ("name",),
    "sqs/queuePolicy": ("queueUrl",),
    "sns/topicPolicy": ("arn",),
    "secretsmanager/secretPolicy": ("secretArn",),
    "s3/bucketPolicy": ("bucket",),
    "s3/bucketNotification": ("bucket",),
    "s3/bucketLifecycleConfiguration": ("bucket",),
}
"""The inputs that identify a resource.

A `Put` or `Set` operation replaces an existing resource; CreateQueue and CreateTopic return it (API references of IAM,
CloudWatch, EventBridge, CloudWatch Logs, SQS, SNS, Secrets Manager and S3). AWS refuses a second resource of the first
kinds (CreateRole: EntityAlreadyExists, CreateFunction: ResourceConflictException, CreateLogGroup:
ResourceAlreadyExistsException, CreateStateMachine: StateMachineAlreadyExists).
"""


@policy
def resources_do_not_replace_each_other(graph: Graph) -> Iterator[Violation]:
    """No resource replaces another resource with the same name in AWS, such as a role's policy, an alarm or a rule.

    The deployment succeeds with only the last one: a function lacks a permission, or a fault has no alarm. A second
    role, function, log group or state machine stops the deployment.
    """
    for kind, inputs in _IDENTITY.items():
        first: dict[tuple[str, ...], Node] = {}
        for node in graph.of(kind):
            identity = tuple(str(node.inputs.get(name, "")) for name in ("region", *inputs))
            other = first.setdefault(identity, node)
            if other is not node and identity[-1]:
                same = f"{inputs[-1]} {identity[-1]}"
                yield Violation(
                    node, f"replaces {other.name} or is refused, since both have {same}: rename it, or unite them."
                )
