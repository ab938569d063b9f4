"""Checks of functions, queues, topics, EventBridge rules and schedules."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context_cli.programs.recording import Graph, Node

from .policies import allows, as_list, of_resource, statements
from .register import check

_EVENTS: Final = "events.amazonaws.com"
_RESERVED: Final = frozenset(
    (
        *("_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV"),
        *("AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION"),
        *("AWS_LAMBDA_INITIALIZATION_TYPE", "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME"),
        *("AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
        *("AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR"),
    )
)


def by_arn(graph: Graph, kind: str) -> dict[str, Node]:
    """Return the resources of a kind by their ARN."""
    return {node.arn: node for node in graph.of(kind)}


def _consumed(graph: Graph) -> Iterator[tuple[Node, Node, Node]]:
    """Yield the mapping, the queue and the function of each queue that calls a function."""
    queues = by_arn(graph, "sqs/queue")
    functions = {node.called: node for node in graph.of("lambda/function")}
    for mapping in graph.of("lambda/eventSourceMapping"):
        if queue := queues.get(mapping.inputs["eventSourceArn"]):
            yield mapping, queue, functions[mapping.inputs["functionName"].split(":")[6]]


def _window(mapping: Node) -> float:
    return mapping.inputs.get("maximumBatchingWindowInSeconds", 0)


def _redrive(node: Node) -> Mapping[str, Any]:
    return json.loads(node.inputs.get("redrivePolicy", "{}"))


@check("lambda-reserved-variables")
def _reserved_variables(graph: Graph) -> Iterator[str]:
    for node in graph.of("lambda/function"):
        if _RESERVED & node.inputs.get("environment", {}).get("variables", {}).keys():
            yield node.name


@check("lambda-large-batch-has-a-window")
def _large_batches(graph: Graph) -> Iterator[str]:
    for mapping, _, _ in _consumed(graph):
        if mapping.inputs.get("batchSize", 10) > 10 and _window(mapping) < 1:
            yield mapping.name


@check("lambda-snapstart-storage")
def _snapshots(graph: Graph) -> Iterator[str]:
    for node in graph.of("lambda/function"):
        snapped = node.inputs.get("snapStart", {}).get("applyOn") == "PublishedVersions"
        if snapped and node.inputs.get("ephemeralStorage", {}).get("size", 512) > 512:
            yield node.name


@check("sqs-visibility-of-a-function")
def _visibility(graph: Graph) -> Iterator[str]:
    for mapping, queue, function in _consumed(graph):
        needed = 6 * function.inputs.get("timeout", 3) + _window(mapping)
        if queue.inputs.get("visibilityTimeoutSeconds", 30) < needed:
            yield queue.name


@check("sqs-receives-of-a-function")
def _receives(graph: Graph) -> Iterator[str]:
    for _, queue, _ in _consumed(graph):
        if _redrive(queue).get("maxReceiveCount", math.inf) < 5:
            yield queue.name


@check("sqs-dead-letter-retention")
def _retention(graph: Graph) -> Iterator[str]:
    queues = by_arn(graph, "sqs/queue")
    for queue in queues.values():
        dead_letters = queues.get(_redrive(queue).get("deadLetterTargetArn", ""))
        if dead_letters and _stored(dead_letters) <= _stored(queue):
            yield dead_letters.name


@check("sqs-policy")
def _sizes(graph: Graph) -> Iterator[str]:
    for node in graph.of("sqs/queuePolicy"):
        policy = statements(node.inputs["policy"])
        conditions = sum(len(keys) for statement in policy for keys in statement.get("Condition", {}).values())
        principals = sum(len(as_list(names)) for statement in policy for names in _principals(statement))
        actions = max(len(as_list(statement["Action"])) for statement in policy)
        numbers = (len(node.inputs["policy"].encode()), len(policy), conditions, principals, actions)
        if any(number > most for number, most in zip(numbers, (8192, 20, 10, 50, 7), strict=True)):
            yield node.name


def _principals(statement: Mapping[str, Any]) -> list[Any]:
    principal = statement.get("Principal", {})
    return list(principal.values()) if isinstance(principal, Mapping) else [principal]


@check("sqs-redrive-permission")
def _redrives(graph: Graph) -> Iterator[str]:
    policies = graph.of("sqs/redriveAllowPolicy")
    permitted = {node.inputs["queueUrl"]: node.document("redriveAllowPolicy") for node in policies}
    queues = by_arn(graph, "sqs/queue")
    for queue in queues.values():
        dead_letters = queues.get(_redrive(queue).get("deadLetterTargetArn", ""))
        policy = permitted.get(dead_letters.outputs["url"], {}) if dead_letters else {}
        if policy.get("redrivePermission") == "denyAll" or queue.arn not in policy.get("sourceQueueArns", [queue.arn]):
            yield queue.name


@check("sqs-dead-letter-place")
def _places(graph: Graph) -> Iterator[str]:
    for queue in graph.of("sqs/queue"):
        target = _redrive(queue).get("deadLetterTargetArn", queue.arn)
        fifo = queue.arn.endswith(".fifo"), target.endswith(".fifo")
        if target.rpartition(":")[0] != queue.arn.rpartition(":")[0] or len(set(fifo)) > 1:
            yield queue.name


def _stored(queue: Node) -> float:
    return queue.inputs.get("messageRetentionSeconds", 345_600)


def _policies(graph: Graph) -> Iterator[tuple[Node, Mapping[str, Any]]]:
    for node in graph.of("sns/topicSubscription"):
        if text := node.inputs.get("filterPolicy"):
            yield node, json.loads(text)


@check("sns-filter-keys")
def _keys(graph: Graph) -> Iterator[str]:
    return (node.name for node, policy in _policies(graph) if len(policy) > 5)


@check("sns-filter-combinations")
def _combinations(graph: Graph) -> Iterator[str]:
    return (node.name for node, policy in _policies(graph) if math.prod(map(len, policy.values())) > 150)


def _accepts(graph: Graph, queue: str, service: str) -> bool:
    """Return whether a queue of the graph accepts messages from a service; queues of others do."""
    known = by_arn(graph, "sqs/queue")
    if queue not in known:
        return True
    policy = of_resource(graph, "sqs/queuePolicy", "queueUrl", known[queue].outputs["url"])
    return allows(policy, service, "sqs:SendMessage")


@check("sns-dead-letter-queue-accepts-the-topic")
def _dead_letters(graph: Graph) -> Iterator[str]:
    for node in graph.of("sns/topicSubscription"):
        if not _accepts(graph, _redrive(node).get("deadLetterTargetArn", ""), "sns.amazonaws.com"):
            yield node.name


@check("eventbridge-dead-letter-queue")
def _lost_events(graph: Graph) -> Iterator[str]:
    for node in graph.of("cloudwatch/eventTarget"):
        queue = node.inputs.get("deadLetterConfig", {}).get("arn", "")
        if queue.endswith(".fifo") or not _accepts(graph, queue, _EVENTS):
            yield node.name


@check("eventbridge-target-policy")
def _targets(graph: Graph) -> Iterator[str]:
    topics = by_arn(graph, "sns/topic")
    for node in graph.of("cloudwatch/eventTarget"):
        arn = node.inputs["arn"]
        policies = of_resource(graph, "sns/topicPolicy", "arn", arn)
        published = arn not in topics or allows(policies, _EVENTS, "sns:Publish")
        if not (published and _accepts(graph, arn, _EVENTS)):
            yield node.name


@check("eventbridge-template-variables")
def _variables(graph: Graph) -> Iterator[str]:
    for node in graph.of("cloudwatch/eventTarget"):
        transformer = node.inputs.get("inputTransformer", {})
        used = set(re.findall(r"<([^<>]+)>", transformer.get("inputTemplate", "")))
        if {name for name in used - transformer.get("inputPaths", {}).keys() if not name.startswith("aws.events.")}:
            yield node.name


@check("eventbridge-role-of-a-state-machine")
def _roles(graph: Graph) -> Iterator[str]:
    for node in graph.of("cloudwatch/eventTarget"):
        service = node.inputs["arn"].split(":")[2]
        if service in ("states", "codepipeline") and not node.inputs.get("roleArn"):
            yield node.name


@check("scheduler-group")
def _groups(graph: Graph) -> Iterator[str]:
    groups = {"default", *(node.inputs["name"] for node in graph.of("scheduler/scheduleGroup"))}
    schedules = graph.of("scheduler/schedule")
    return (node.name for node in schedules if node.inputs.get("groupName", "default") not in groups)


@check("scheduler-input")
def _inputs(graph: Graph) -> Iterator[str]:
    for node in graph.of("scheduler/schedule"):
        try:
            json.loads(node.inputs["target"].get("input", "{}"))
        except ValueError:
            yield node.name
