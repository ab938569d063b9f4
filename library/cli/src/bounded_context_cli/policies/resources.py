"""Policies for releases, alarms, traces, tags and names."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from keyword import iskeyword
from pathlib import Path
from typing import Any, Final

from bounded_context.domain.spelling import snake

from ..programs import Graph, Node
from .policy import Violation, policy

HOOKS = ("pre-traffic", "post-traffic")
"""The traffic hooks. Only CodeDeploy calls them, by the function's name."""

LIVE = "live"

_CALLERS = {
    "apigatewayv2/integration": "integrationUri",
    "cloudwatch/eventTarget": "arn",
    "lambda/eventSourceMapping": "functionName",
    "scheduler/schedule": "target",
    "sfn/stateMachine": "definition",
    "sns/topicSubscription": "endpoint",
}
"""The kinds that call code, and the input that names the code."""

_CODE = re.compile(r"arn:aws[a-z-]*:(?:lambda|states):[^:]*:[0-9]*:(?:function|stateMachine):[\w-]+(?::[\w$-]+)?")
"""The ARN of a function or a state machine, with its version or alias if it has one."""

_OWNED = {"functionVersion", "routingConfig"}


@policy
def functions_have_an_alias(graph: Graph) -> Iterator[Violation]:
    """Every function publishes versions, and has the alias live.

    Without the alias, a deployment is live at once for all callers, and has no earlier version for a rollback.
    """
    aliases = [node for node in graph.of("lambda/alias") if node.inputs["name"] == LIVE]
    live = {node.inputs["functionName"].rpartition(":")[2] for node in aliases}  # functionName may be an ARN
    for node in _functions(graph):
        if not node.inputs.get("publish") or node.called not in live:
            yield Violation(node, f"has no alias {LIVE}: pass it to Functions, and Functions to Canary.")


@policy
def rollouts_control_aliases(graph: Graph) -> Iterator[Violation]:
    """Pulumi ignores the version and the routing of every alias, which the rollout controls.

    Otherwise a deployment in the middle of a rollout would move all traffic back to the old version, or to the new one.
    """
    for node in graph.of("lambda/alias"):
        if not node.ignore_changes >= _OWNED:
            yield Violation(node, f"would be moved back by Pulumi: ignore {', '.join(sorted(_OWNED))}.")


@policy
def functions_have_deployment_groups(graph: Graph) -> Iterator[Violation]:
    """Every function has a deployment group, which shifts its traffic step by step and rolls back by itself.

    Without a deployment group, a bad version gets the traffic of all callers before its errors are detected.
    """
    groups = {node.name for node in graph.of("codedeploy/deploymentGroup")}
    for node in _functions(graph):
        if node.name not in groups:
            yield Violation(node, "has no deployment group: pass it to Functions, and Functions to Canary.")


@policy
def callers_call_aliases(graph: Graph) -> Iterator[Violation]:
    """Queues, streams, rules, schedules, topics, routes and workflows call a function by its alias.

    A caller of the function itself gets each new version at once, regardless of the rollout.
    """
    for node, arn in _calls(graph):
        if not arn.endswith(f":{LIVE}"):
            yield Violation(node, f"calls {arn}: name its alias {LIVE}.")


def _calls(graph: Graph) -> Iterator[tuple[Node, str]]:
    for kind, key in _CALLERS.items():
        yield from ((node, arn) for node in graph.of(kind) for arn in _code(node, key))


def _code(caller: Node, key: str) -> list[str]:
    """Return the functions and state machines that an input names, without duplicates."""
    text = str(caller.inputs.get(key, ""))
    if key == "functionName" and ":" not in text:
        return [text]  # an event source mapping also accepts a function's name
    return sorted(set(_CODE.findall(text)))


def _functions(graph: Graph) -> Iterator[Node]:
    yield from (node for node in graph.of("lambda/function") if node.name not in HOOKS)


_MOST = 1024
"""Characters of an alarm's description (CloudWatch API reference, PutMetricAlarm)."""


@policy
def alarms_name_runbooks(graph: Graph) -> Iterator[Violation]:
    """Every alarm with a recipient names a runbook.

    A person who is woken at night needs instructions, not only the name of a metric.
    """
    for node in graph.of("cloudwatch/metricAlarm", "cloudwatch/compositeAlarm"):
        text = str(node.inputs.get("alarmDescription", ""))
        if node.inputs.get("alarmActions") and ("Runbook: " not in text or len(text) > _MOST):
            yield Violation(node, f"names no runbook: end its description, of {_MOST:,} characters, with `Runbook: `.")


@policy
def alarms_have_recipients(graph: Graph) -> Iterator[Violation]:
    """Every alarm notifies a topic, or belongs to a composite alarm or a release.

    An alarm without a recipient is billed, but noticed only after customers have called.
    """
    rules = " ".join(str(node.inputs["alarmRule"]) for node in graph.of("cloudwatch/compositeAlarm"))
    releases = {name for node in graph.of("codedeploy/deploymentGroup") for name in _stops(node)}
    for node in graph.of("cloudwatch/metricAlarm", "cloudwatch/compositeAlarm"):
        name = str(node.inputs.get("name", node.inputs.get("alarmName", node.name)))
        if not node.inputs.get("alarmActions") and name not in rules and name not in releases:
            yield Violation(node, "has no recipient: name a topic in alarm_actions.")


@policy
def functions_are_traced(graph: Graph) -> Iterator[Violation]:
    """Every function is traced, and logs in JSON.

    An event's trace ends at the first function without tracing, and logs in plain text cannot be searched by field.
    """
    for node in graph.of("lambda/function"):
        traced = node.inputs.get("tracingConfig", {}).get("mode") == "Active"
        if not traced or node.inputs.get("loggingConfig", {}).get("logFormat") != "JSON":
            yield Violation(node, "is not traced, or does not log in JSON: set tracing_config Active, and JSON logs.")


@policy
def functions_have_error_alarms(graph: Graph) -> Iterator[Violation]:
    """Every function has an alarm on its errors, except for the hooks of releases.

    Asynchronous callers stop after some retries, and no other alarm shows that failure.
    """
    errors = [metric.get("dimensions", {}) for metric in metrics(graph) if metric.get("metricName") == "Errors"]
    # An alarm on the newest version only protects a release. It may get no data after the release.
    watched = {str(dimensions.get("FunctionName", "")) for dimensions in errors if "ExecutedVersion" not in dimensions}
    for node in graph.of("lambda/function"):
        if node.name not in HOOKS and node.called not in watched:
            yield Violation(node, "has no alarm on its errors: pass it to Functions, and Functions to Canary.")


def metrics(graph: Graph) -> Iterator[Mapping[str, Any]]:
    """Yield the metrics of all alarms."""
    for alarm in graph.of("cloudwatch/metricAlarm"):
        yield alarm.inputs
        yield from (query.get("metric", {}) for query in alarm.inputs.get("metricQueries", []))


def _stops(group: Node) -> list[str]:
    return list(group.inputs.get("alarmConfiguration", {}).get("alarms", []))


_WANTED: Final = ("context", "stack", "owner")
"""The tags that a stack gives to its resources (`bounded_context_infra.configuration.labels`)."""

_PARTS: Final = ("s3/bucketObject", "s3/bucketObjectv2", "s3/objectCopy")
"""Objects in a bucket, which need no tags besides those of the bucket."""


@policy
def resources_are_tagged(graph: Graph) -> Iterator[Violation]:
    """Every taggable resource carries the tags context, stack and owner.

    The tags assign costs, and name the team to call at night. A resource without an owner is never deleted.
    """
    for node in graph.nodes:
        missing = [name for name in _WANTED if not (node.inputs.get("tags") or {}).get(name)]
        if missing and takes_tags(node):
            yield Violation(node, f"has no tag {', '.join(missing)}: set tags to those of the stack's labels.")


def takes_tags(node: Node) -> bool:
    """Return whether a resource is taggable: it, or its class in the provider's package, has the output `tagsAll`."""
    return node.kind not in _PARTS and ("tagsAll" in node.outputs or _has_tags_all(node.kind))


@cache
def _has_tags_all(kind: str) -> bool:
    """Return whether the source of a kind's class defines `tags_all`. Importing the class would take seconds."""
    provider = find_spec("pulumi_aws")
    folder, _, name = kind.partition("/")
    if provider is None or provider.origin is None:
        return False
    file = Path(provider.origin).parent / (f"{folder}_" if iskeyword(folder) else folder) / f"{snake(name)}.py"
    return file.is_file() and "def tags_all(" in file.read_text(encoding="utf-8")


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
