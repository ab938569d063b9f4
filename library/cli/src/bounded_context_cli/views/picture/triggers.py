"""Triggers: rules, schedules, routes, queues, streams and subscriptions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ...programs.graph import Node
from .resources import Resource, Resources, id_of

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


@dataclass(frozen=True)
class Trigger:
    """A trigger and its target. A source outside of the graph is given by its kind and name."""

    source: Resource | tuple[str, str]
    target: Resource
    label: str
    note: str = ""


def triggers(resources: Resources) -> Iterator[Trigger]:
    """Yield all triggers."""
    for found in (_rules, _schedules, _routes, _mappings, _subscriptions, _uploads):
        yield from found(resources)


def _rules(resources: Resources) -> Iterator[Trigger]:
    rules = {rule.called: rule for rule in resources.graph.of("cloudwatch/eventRule")}
    for node in resources.graph.of("cloudwatch/eventTarget"):
        rule, target = rules.get(str(node.inputs["rule"])), resources.by_arn(str(node.inputs["arn"]))
        if rule and target:
            yield from _of_rule(resources, rule, target)


def _of_rule(resources: Resources, rule: Node, target: Resource) -> Iterator[Trigger]:
    if schedule := rule.inputs.get("scheduleExpression"):
        yield Trigger(("schedule", _every(str(schedule))), target, "starts", rule.called)
    if pattern := rule.inputs.get("eventPattern"):
        for source in _sources(resources, str(pattern)):
            yield Trigger(source, target, "starts", rule.called)


def _schedules(resources: Resources) -> Iterator[Trigger]:
    for node in resources.graph.of("scheduler/schedule"):
        if target := resources.by_arn(str(node.inputs["target"]["arn"])):
            yield Trigger(("schedule", _every(str(node.inputs["scheduleExpression"]))), target, "starts", node.called)


def _sources(resources: Resources, pattern: str) -> list[Resource | tuple[str, str]]:
    """Return the resources that a pattern names, or else the service whose events it matches."""
    named: list[Resource | tuple[str, str]] = [resource for resource in resources.all if resource.is_named_in(pattern)]
    service = re.search(r'"source":\s*\["([^"]+)"', pattern)
    return named or [("events", service[1] if service else "event bus")]


def _every(expression: str) -> str:
    found = _RATE.fullmatch(expression)
    if not found:
        return expression
    return f"every {found[2]}" if found[1] == "1" else f"every {found[1]} {found[2]}s"


def _routes(resources: Resources) -> Iterator[Trigger]:
    apis = {id_of(node.node): node for node in resources.all if node.kind == "HTTP API"}
    integrations = {id_of(node): node for node in resources.graph.of("apigatewayv2/integration")}
    for route in resources.graph.of("apigatewayv2/route"):
        api = apis.get(str(route.inputs["apiId"]))
        integration = integrations.get(str(route.inputs.get("target", "")).removeprefix("integrations/"))
        target = _integrated(resources, str(integration.inputs.get("integrationUri", ""))) if integration else None
        if api and target:
            yield Trigger(api, target, "calls", str(route.inputs["routeKey"]))


def _integrated(resources: Resources, uri: str) -> Resource | None:
    """Return the function whose ARN the integration's URI contains."""
    return resources.by_arn(uri.partition("/functions/")[2].removesuffix("/invocations") or uri)


def _mappings(resources: Resources) -> Iterator[Trigger]:
    for node in resources.graph.of("lambda/eventSourceMapping"):
        source = resources.by_arn(str(node.inputs.get("eventSourceArn", "")))
        name = str(node.inputs["functionName"])
        named = (function for function in resources.of("function") if function.node.called == name)
        target = resources.by_arn(name) or next(named, None)
        if source and target:
            yield Trigger(source, target, "stream" if source.kind == "table" else "starts")


def _subscriptions(resources: Resources) -> Iterator[Trigger]:
    for node in resources.graph.of("sns/topicSubscription"):
        topic, target = str(node.inputs["topic"]), resources.by_arn(str(node.inputs["endpoint"]))
        source = resources.by_arn(topic) or ("topic of another context", topic.rpartition(":")[2])
        if target:
            yield Trigger(source, target, "", "" if isinstance(source, Resource) else topic)


def _uploads(resources: Resources) -> Iterator[Trigger]:
    """Yield an SFTP server and the bucket of the same component, in which partners write lists and read reports."""
    for server in (resource for resource in resources.all if resource.kind == "SFTP server"):
        for bucket in (resource for resource in resources.all if resource.kind == "bucket"):
            if _component(server.node) and _component(server.node) == _component(bucket.node):
                yield Trigger(server, bucket, "reads, writes")


def _component(node: Node) -> str:
    """Return the types of the components that contain a resource, or an empty text."""
    return node.urn.split("::")[-2].rpartition("$")[0] if "::" in node.urn else ""
