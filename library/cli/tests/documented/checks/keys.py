"""Checks of keys, roles, buckets of trails, and the services that use them."""

import re
from collections import Counter
from collections.abc import Iterator

from bounded_context_cli.programs.recording import Graph, Node

from .policies import Statement, allows, as_list, of_key, of_resource, statements
from .register import check

_INLINE = 10_240
_TRAIL = "cloudtrail.amazonaws.com"


@check("kms-administrator")
def _administrators(graph: Graph) -> Iterator[str]:
    for node in graph.of("kms/key"):
        allowed = [statement for statement in statements(node.inputs["policy"]) if statement["Effect"] == "Allow"]
        if not any({"kms:*", "kms:PutKeyPolicy"} & set(as_list(statement["Action"])) for statement in allowed):
            yield node.name


@check("iam-inline-size")
def _inline_sizes(graph: Graph) -> Iterator[str]:
    sizes: Counter[str] = Counter()
    for node in graph.of("iam/rolePolicy"):
        sizes[node.inputs["role"]] += len(re.sub(r"\s", "", node.inputs["policy"]))
    return (role for role, size in sizes.items() if size > _INLINE)


@check("guardduty-trust")
def _scanners(graph: Graph) -> Iterator[str]:
    roles = {node.arn: node for node in graph.of("iam/role")}
    for plan in graph.of("guardduty/malwareProtectionPlan"):
        trust = statements(roles[plan.inputs["role"]].inputs["assumeRolePolicy"])
        if not allows(trust, "malware-protection-plan.guardduty.amazonaws.com", "sts:AssumeRole"):
            yield plan.name


@check("sns-encrypted-queue")
def _encrypted_queues(graph: Graph) -> Iterator[str]:
    queues = {node.arn: node for node in graph.of("sqs/queue")}
    for subscription in graph.of("sns/topicSubscription"):
        if queue := queues.get(subscription.inputs["endpoint"]):
            yield from _unusable(graph, queue, "kmsMasterKeyId", "sns.amazonaws.com")


@check("cloudwatch-encrypted-topic")
def _encrypted_topics(graph: Graph) -> Iterator[str]:
    alarms = graph.of("cloudwatch/metricAlarm", "cloudwatch/compositeAlarm")
    notified = {arn for alarm in alarms for arn in alarm.inputs.get("alarmActions") or ()}
    for topic in graph.of("sns/topic"):
        if topic.arn in notified:
            yield from _unusable(graph, topic, "kmsMasterKeyId", "cloudwatch.amazonaws.com")


@check("cloudwatch-encrypted-logs")
def _encrypted_logs(graph: Graph) -> Iterator[str]:
    for group in graph.of("cloudwatch/logGroup"):
        region = group.arn.split(":")[3]
        yield from _unusable(graph, group, "kmsKeyId", f"logs.{region}.amazonaws.com")


@check("cloudtrail-key-policy")
def _trails_keys(graph: Graph) -> Iterator[str]:
    for trail in graph.of("cloudtrail/trail"):
        if not allows(of_key(graph, trail.inputs["kmsKeyId"]), _TRAIL, "kms:GenerateDataKey"):
            yield trail.name


def _unusable(graph: Graph, node: Node, member: str, service: str) -> Iterator[str]:
    """Yield a resource's name if its key is in the graph, and the service may not use the key."""
    key = list(of_key(graph, node.inputs.get(member, "")))
    keys = {key.arn for key in graph.of("kms/key")}
    if node.inputs.get(member) in keys and not allows(key, service, "kms:Decrypt", "kms:GenerateDataKey"):
        yield node.name


@check("cloudtrail-bucket-policy")
def _trails_buckets(graph: Graph) -> Iterator[str]:
    for trail in graph.of("cloudtrail/trail"):
        policy = of_resource(graph, "s3/bucketPolicy", "bucket", trail.inputs["s3BucketName"])
        if not allows(policy, _TRAIL, "s3:GetBucketAcl", "s3:PutObject"):
            yield trail.name


@check("cloudtrail-exact-fields")
def _exact_fields(graph: Graph) -> Iterator[str]:
    for trail, field in _fields(graph):
        if field["field"] in ("eventCategory", "readOnly", "resources.type") and field.keys() - {"field", "equals"}:
            yield trail.name


@check("cloudtrail-data-events")
def _data_events(graph: Graph) -> Iterator[str]:
    for trail in graph.of("cloudtrail/trail"):
        for selector in trail.inputs.get("advancedEventSelectors", ()):
            equal = {field["field"]: field.get("equals", []) for field in selector["fieldSelectors"]}
            if equal["eventCategory"] == ["Data"] and len(equal.get("resources.type", [])) != 1:
                yield trail.name


@check("cloudtrail-conditions")
def _conditions(graph: Graph) -> Iterator[str]:
    numbers: Counter[str] = Counter()
    for trail, field in _fields(graph):
        numbers[trail.name] += sum(len(values) for name, values in field.items() if name != "field")
    return (name for name, number in numbers.items() if number > 500)


def _fields(graph: Graph) -> Iterator[tuple[Node, dict[str, list[str]]]]:
    for trail in graph.of("cloudtrail/trail"):
        for selector in trail.inputs.get("advancedEventSelectors", ()):
            yield from ((trail, field) for field in selector["fieldSelectors"])


_READS = ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams")


@check("lambda-stream-permission")
def _streams(graph: Graph) -> Iterator[str]:
    for mapping in graph.stream_readers():
        if set(_READS) - _granted(graph, mapping, mapping.inputs["eventSourceArn"]):
            yield mapping.name


@check("lambda-discarded-records")
def _discarded(graph: Graph) -> Iterator[str]:
    for mapping in graph.stream_readers():
        bucket = mapping.inputs.get("destinationConfig", {}).get("onFailure", {}).get("destinationArn", "")
        if ":s3:" in bucket and {"s3:PutObject", "s3:ListBucket"} - _granted(graph, mapping, bucket):
            yield mapping.name


@check("lambda-queue-permission")
def _queues(graph: Graph) -> Iterator[str]:
    needed = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}
    for mapping in graph.of("lambda/eventSourceMapping"):
        source = mapping.inputs["eventSourceArn"]
        if ":sqs:" in source and needed - _granted(graph, mapping, source):
            yield mapping.name


@check("lambda-recursive-loops")
def _loops(graph: Graph) -> Iterator[str]:
    configured = {node.inputs["functionName"]: node.inputs for node in graph.of("lambda/functionRecursionConfig")}
    readers = {mapping.inputs["eventSourceArn"]: mapping for mapping in graph.of("lambda/eventSourceMapping")}
    for mapping in readers.values():
        reached, queues = set[str](), _sent(graph, mapping)
        while queues:
            reached.add(queue := queues.pop())
            queues |= (_sent(graph, readers[queue]) if queue in readers else set()) - reached
        allowed = configured.get(_function(mapping), {}).get("recursiveLoop") == "Allow"
        if mapping.inputs["eventSourceArn"] in reached and not allowed:
            yield _function(mapping)


def _sent(graph: Graph, mapping: Node) -> set[str]:
    """Return the queues that a mapping's function may send to, also by topics."""
    sent = {
        resource
        for statement in _statements(graph, mapping)
        if {"sqs:SendMessage", "sns:Publish"} & {*as_list(statement["Action"])}
        for resource in as_list(statement["Resource"])
    }
    by_topic = graph.of("sns/topicSubscription")
    return sent | {node.inputs["endpoint"] for node in by_topic if node.inputs["topic"] in sent}


def _function(mapping: Node) -> str:
    return mapping.inputs["functionName"].split(":")[6]


def _statements(graph: Graph, mapping: Node) -> list[Statement]:
    """Return the statements of the role of a mapping's function."""
    roles = {node.called: node.inputs["role"].rpartition("/")[2] for node in graph.of("lambda/function")}
    own = [node for node in graph.of("iam/rolePolicy") if node.inputs["role"] == roles[_function(mapping)]]
    return [statement for node in own for statement in statements(node.inputs["policy"])]


def _granted(graph: Graph, mapping: Node, resource: str) -> set[str]:
    """Return the actions on a resource, or on its objects, that the role of a mapping's function has."""
    named = [
        statement
        for statement in _statements(graph, mapping)
        if any(arn.startswith(resource) for arn in as_list(statement["Resource"]))
    ]
    return {action for statement in named for action in as_list(statement["Action"])}


_OPERATOR = re.compile(
    r"(ForAllValues:|ForAnyValue:)?(String(Not)?(Equals(IgnoreCase)?|Like)|(Numeric|Date)(Not)?(Equals)|"
    r"(Numeric|Date)(LessThan|GreaterThan)(Equals)?|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like)|Null)"
    r"(IfExists)?"
)
_POLICIES = {
    "policy": ("iam/rolePolicy", "iam/policy", "kms/key", "s3/bucketPolicy", "sns/topicPolicy", "sqs/queuePolicy"),
    "assumeRolePolicy": ("iam/role",),
}


def _documents(graph: Graph) -> Iterator[tuple[Node, list[Statement]]]:
    """Yield each resource with a policy, and the policy's statements."""
    for member, kinds in _POLICIES.items():
        for node in graph.of(*kinds):
            if member in node.inputs:
                yield node, statements(node.inputs[member])


@check("iam-statement-ids")
def _ids(graph: Graph) -> Iterator[str]:
    for node, policy in _documents(graph):
        ids = [statement["Sid"] for statement in policy if "Sid" in statement]
        of_iam = node.kind.startswith("iam/")
        if len(set(ids)) < len(ids) or (of_iam and not all(re.fullmatch("[A-Za-z0-9]*", sid) for sid in ids)):
            yield node.name


@check("iam-condition-operators")
def _operators(graph: Graph) -> Iterator[str]:
    for node, policy in _documents(graph):
        if not all(
            _OPERATOR.fullmatch(operator) for statement in policy for operator in statement.get("Condition", {})
        ):
            yield node.name
