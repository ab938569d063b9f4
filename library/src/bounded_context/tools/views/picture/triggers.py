"""Triggers: rules, schedules, routes, queues, streams and subscriptions."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ...programs.graph import Node
from .resources import Thing, Things, id_of

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")


@dataclass(frozen=True)
class Trigger:
    """A trigger and its target. A source outside of the graph is given by its kind and name."""

    source: Thing | tuple[str, str]
    target: Thing
    label: str
    note: str = ""


def triggers(things: Things) -> Iterator[Trigger]:
    """Yield all triggers."""
    for found in (_rules, _routes, _mappings, _subscriptions, _uploads):
        yield from found(things)


def _rules(things: Things) -> Iterator[Trigger]:
    rules = {rule.called: rule for rule in things.graph.of("cloudwatch/eventRule")}
    for node in things.graph.of("cloudwatch/eventTarget"):
        rule, target = rules.get(str(node.inputs["rule"])), things.meant(str(node.inputs["arn"]))
        if rule and target:
            yield from _set_off(things, rule, target)


def _set_off(things: Things, rule: Node, target: Thing) -> Iterator[Trigger]:
    if schedule := rule.inputs.get("scheduleExpression"):
        yield Trigger(("schedule", _every(str(schedule))), target, "starts", rule.called)
    if pattern := rule.inputs.get("eventPattern"):
        for source in _sources(things, str(pattern)):
            yield Trigger(source, target, "starts", rule.called)


def _sources(things: Things, pattern: str) -> list[Thing | tuple[str, str]]:
    """Return the resources that a pattern names, or else the service whose events it matches."""
    named: list[Thing | tuple[str, str]] = [thing for thing in things.all if thing.is_in(pattern)]
    service = re.search(r'"source":\s*\["([^"]+)"', pattern)
    return named or [("events", service[1] if service else "event bus")]


def _every(expression: str) -> str:
    found = _RATE.fullmatch(expression)
    if not found:
        return expression
    return f"every {found[2]}" if found[1] == "1" else f"every {found[1]} {found[2]}s"


def _routes(things: Things) -> Iterator[Trigger]:
    apis = {id_of(node.node): node for node in things.all if node.kind == "HTTP API"}
    integrations = {id_of(node): node for node in things.graph.of("apigatewayv2/integration")}
    for route in things.graph.of("apigatewayv2/route"):
        api = apis.get(str(route.inputs["apiId"]))
        integration = integrations.get(str(route.inputs.get("target", "")).removeprefix("integrations/"))
        target = integration and _integrated(things, str(integration.inputs.get("integrationUri", "")))
        if api and target:
            yield Trigger(api, target, "calls", str(route.inputs["routeKey"]))


def _integrated(things: Things, uri: str) -> Thing | None:
    """Return the function whose ARN the integration's URI contains."""
    return things.meant(uri.partition("/functions/")[2].removesuffix("/invocations") or uri)


def _mappings(things: Things) -> Iterator[Trigger]:
    for node in things.graph.of("lambda/eventSourceMapping"):
        source = things.meant(str(node.inputs.get("eventSourceArn", "")))
        target = things.meant(str(node.inputs["functionName"])) or _called(things, str(node.inputs["functionName"]))
        if source and target:
            yield Trigger(source, target, "stream" if source.kind == "table" else "starts")


def _called(things: Things, name: str) -> Thing | None:
    return next((thing for thing in things.all if thing.kind == "function" and thing.node.called == name), None)


def _subscriptions(things: Things) -> Iterator[Trigger]:
    for node in things.graph.of("sns/topicSubscription"):
        topic, target = str(node.inputs["topic"]), things.meant(str(node.inputs["endpoint"]))
        source = things.meant(topic) or ("topic of another context", topic.rpartition(":")[2])
        if target:
            yield Trigger(source, target, "", "" if isinstance(source, Thing) else topic)


def _uploads(things: Things) -> Iterator[Trigger]:
    """Yield an SFTP server and the bucket that stores its files: the bucket of the same component."""
    for server in (thing for thing in things.all if thing.kind == "SFTP server"):
        for bucket in (thing for thing in things.all if thing.kind == "bucket"):
            if _component(server.node) and _component(server.node) == _component(bucket.node):
                yield Trigger(server, bucket, "writes")


def _component(node: Node) -> str:
    """Return the types of the components that contain a resource, or an empty text."""
    return node.urn.split("::")[-2].rpartition("$")[0] if "::" in node.urn else ""
