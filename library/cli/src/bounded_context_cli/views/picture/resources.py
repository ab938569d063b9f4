"""The resources that a picture shows: their names, the ARNs that match them, and their dead-letter queues."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

from ...programs.graph import Graph, Node
from .policies import grants, role_name

_DRAWN: Final[Mapping[str, Mapping[str, str]]] = {
    "apigatewayv2": {"api": "HTTP API"},
    "cloudwatch": {"eventBus": "event bus"},
    "codedeploy": {},
    "dynamodb": {"table": "table"},
    "iam": {},
    "kms": {},
    "lambda": {"function": "function"},
    "s3": {"bucket": "bucket"},
    "scheduler": {},
    "secretsmanager": {"secret": "secret"},
    "sfn": {"stateMachine": "workflow"},
    "sns": {"topic": "topic"},
    "sqs": {"queue": "queue"},
    "ssm": {},
    "transfer": {"server": "SFTP server"},
    "xray": {},
}
"""The displayed resource types of services with many types, with their names. Other services display all types."""

_OF_RELEASES: Final = "codedeploy:PutLifecycleEventHookExecutionStatus"
"""The permission that identifies release hooks."""


@dataclass(frozen=True)
class Resource:
    """A resource of a picture: its kind in a word, its name without the stack's prefix, and a unique key.

    A function's name is its name in code.
    """

    node: Node
    kind: str
    name: str
    key: str = ""

    @property
    def arn(self) -> str:
        """The ARN, or an empty text."""
        return str(self.node.outputs.get("arn", ""))

    def matches(self, arn: str) -> bool:
        """Return whether an ARN or a pattern matches the resource, or its alias, index or object."""
        return bool(self.arn) and (arn == self.arn or arn.startswith((f"{self.arn}:", f"{self.arn}/")))

    def is_named_in(self, text: str) -> bool:
        """Return whether a text, such as a rule's pattern, contains the ARN, id or name in quotes."""
        words = (self.arn, id_of(self.node), self.node.called, self.node.outputs.get("bucket"))
        return any(f'"{word}"' in text for word in words if word)


@dataclass(frozen=True)
class Resources:
    """The displayed resources of a graph; `prefix` is the common prefix of the stack's resource names."""

    graph: Graph
    prefix: str

    @cached_property
    def all(self) -> Sequence[Resource]:
        """All resources except for alarm topics, failure destinations and release hooks; sorted by key."""
        found = [Resource(node, kind, self._name(node)) for node in self.graph.nodes if (kind := _kind(node))]
        quiet = {*self.failures, *_alarmed(self.graph)}
        seen = (resource for resource in found if resource.arn not in quiet and not _is_hook(self.graph, resource.node))
        return list(_keyed(sorted(seen, key=lambda resource: (resource.kind, resource.name, resource.node.urn))))

    @cached_property
    def failures(self) -> Mapping[str, set[str]]:
        """The failure destinations of the graph, see `failures`."""
        return failures(self.graph)

    def of(self, kind: str) -> list[Resource]:
        """Return the resources of a kind."""
        return [resource for resource in self.all if resource.kind == kind]

    def by_arn(self, arn: str) -> Resource | None:
        """Return the resource that an ARN matches, or None."""
        return next((resource for resource in self.all if resource.matches(arn)), None)

    def _name(self, node: Node) -> str:
        name = str(node.inputs.get("name") or node.name).removeprefix(f"{self.prefix}-")
        return name.replace("-", "_") if node.kind == "lambda/function" else name


def _keyed(resources: Iterable[Resource]) -> Iterator[Resource]:
    taken: Counter[str] = Counter()
    for resource in resources:
        key = f"{resource.kind} {resource.name}"
        taken[key] += 1
        yield replace(resource, key=key if taken[key] == 1 else f"{key} {taken[key]}")


def id_of(node: Node) -> str:
    """Return a resource's id, or its name if the recorder generates no id."""
    return str(node.outputs.get("id") or node.outputs.get("name", ""))


def _kind(node: Node) -> str:
    service, _, kind = node.kind.partition("/")
    return _DRAWN[service].get(kind, "") if service in _DRAWN else kind


def _alarmed(graph: Graph) -> Iterator[str]:
    """Yield the ARNs of the alarms' targets."""
    for kind in ("cloudwatch/metricAlarm", "cloudwatch/compositeAlarm"):
        for alarm in graph.of(kind):
            for name in ("alarmActions", "okActions", "insufficientDataActions"):
                yield from map(str, alarm.inputs.get(name, ()))


def _is_hook(graph: Graph, node: Node) -> bool:
    role = role_name(str(node.inputs.get("role", "")))
    return bool(role) and any(grant.role == role and _OF_RELEASES in grant.actions for grant in grants(graph))


def failures(graph: Graph) -> Mapping[str, set[str]]:
    """Return the ARNs of the destinations, each with the ARNs of its failing queues, functions and rule targets.

    If a bucket receives a stream's lost records, their sources are added to the queue that gets a message for each
    object.
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for destination, source in _destinations(graph):
        if destination:
            found[destination].add(source)
    for queue, bucket in list(_notified(graph, found)):
        found[queue] |= found[bucket]
    return found


def _destinations(graph: Graph) -> Iterator[tuple[str, str]]:
    for queue in graph.of("sqs/queue"):
        yield _redrive(queue), queue.arn
    for subscription in graph.of("sns/topicSubscription"):
        yield _redrive(subscription), str(subscription.inputs["endpoint"])
    for target in graph.of("cloudwatch/eventTarget"):
        yield _arn(target.inputs.get("deadLetterConfig"), "arn"), str(target.inputs["arn"])
    for function in graph.of("lambda/function"):
        yield _arn(function.inputs.get("deadLetterConfig"), "targetArn"), function.arn
    for kind in ("lambda/eventSourceMapping", "lambda/functionEventInvokeConfig"):
        for node in graph.of(kind):
            on_failure = node.inputs.get("destinationConfig", {}).get("onFailure", {})
            yield _arn(on_failure, "destinationArn", "destination"), str(node.inputs["functionName"])


def _redrive(node: Node) -> str:
    policy = node.inputs.get("redrivePolicy")
    return str(json.loads(policy)["deadLetterTargetArn"]) if policy else ""


def _arn(config: Mapping[str, Any] | None, *names: str) -> str:
    return next((str(config[name]) for name in names if name in config), "") if config else ""


def _notified(graph: Graph, found: Mapping[str, set[str]]) -> Iterator[tuple[str, str]]:
    """Yield the queues that a rule notifies of each object in a destination bucket, with the bucket's ARN."""
    patterns = {rule.called: str(rule.inputs["eventPattern"]) for rule in graph.rules()}
    for target in graph.of("cloudwatch/eventTarget"):
        for bucket in (arn for arn in found if ":s3:::" in arn):
            if f'"{bucket.rpartition(":")[2]}"' in patterns.get(str(target.inputs["rule"]), ""):
                yield str(target.inputs["arn"]), bucket
