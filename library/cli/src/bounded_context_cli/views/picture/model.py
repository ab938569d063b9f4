"""The picture of a context: boxes, arrows and triggers, derived from the resources that its program registers."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.declaration.entry_points import ON_EVENT
from bounded_context.domain.spelling import kebab, plain

from ...programs import Graph, Node
from .resources import ORDER, Arrow, Box, Grant, Machine, Resource, Resources, grants, id_of, role_name, words

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
    for triggers_of in (_rules, _schedules, _routes, _mappings, _subscriptions, _uploads, _archives):
        yield from triggers_of(resources)


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
    matches: list[Resource | tuple[str, str]] = [item for item in resources.all if item.is_named_in(pattern)]
    service = re.search(r'"source":\s*\["([^"]+)"', pattern)
    return matches or [("events", service[1] if service else "event bus")]


def _every(expression: str) -> str:
    match = _RATE.fullmatch(expression)
    if not match:
        return expression
    return f"every {match[2]}" if match[1] == "1" else f"every {match[1]} {match[2]}s"


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
        functions = (function for function in resources.of("function") if function.node.called == name)
        target = resources.by_arn(name) or next(functions, None)
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


def _archives(resources: Resources) -> Iterator[Trigger]:
    """Yield each stream of an archive and the bucket that it writes."""
    for stream in (resource for resource in resources.all if resource.kind == "Firehose"):
        if bucket := resources.by_arn(str(stream.node.inputs["extendedS3Configuration"]["bucketArn"])):
            yield Trigger(stream, bucket, "writes")


def _component(node: Node) -> str:
    """Return the types of the components that contain a resource, or an empty text."""
    return node.urn.split("::")[-2].rpartition("$")[0] if "::" in node.urn else ""


_COMMA: Final = ", "

Steps = tuple[Resource, Sequence[Arrow]]
"""A workflow, with the arrows to its steps and between them."""


@dataclass(frozen=True)
class Picture:
    """The boxes and arrows of a context."""

    title: str
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]


def picture(context: Context[Any], graph: Graph, stack: str) -> Picture:
    """Return the picture of a context's stack: triggers and permissions.

    Alarms, logs, keys and roles are omitted. A failing resource names its dead-letter queue by "+ dead letters" and in
    its note, so these queues have no box. All other resources are boxes, including a team's own resources.
    """
    resources = Resources(graph, f"{kebab(context.name)}-{stack}")
    started, steps = (
        list(triggers(resources)),
        [(resource, list(_steps(resources, resource))) for resource in resources.of("workflow")],
    )
    framed = _frames(context, resources.all, started, steps)
    boxes = [_box(context, resources, resource, framed.get(resource.key, "")) for resource in resources.all]
    known = [*chain(*(arrows for _, arrows in steps)), *map(_arrow, started)]
    arrows = merged([*known, *_permission_arrows(resources, known, steps)])
    title = f"What the {plain(context.title)} context is made of"
    return Picture(title, sorted([*boxes, *_outside(started)]), arrows)


def _box(context: Context[Any], resources: Resources, resource: Resource, frame: str) -> Box:
    destinations = sorted(
        destination for destination, sources in resources.failures.items() if any(map(resource.matches, sources))
    )
    label = f"{_name(context, resource)}\n+ dead letters" if destinations else _name(context, resource)
    notes = [
        f"{resource.kind} {resource.node.called}",
        *(f"what fails: {arn.rpartition(':')[2]}" for arn in destinations),
        *(_reactions(context) if (resource.kind, resource.name) == ("function", ON_EVENT) else ()),
    ]
    return Box(resource.key, label, resource.kind, "\n".join(notes), frame)


def _reactions(context: Context[Any]) -> Iterator[str]:
    for reaction in context.reactions:
        yield f"{reaction.event} of {kebab(reaction.source)}: {getattr(reaction.rule, '__name__', 'a rule')}"


def _frames(
    context: Context[Any], resources: Sequence[Resource], started: Sequence[Trigger], steps: Sequence[Steps]
) -> Mapping[str, str]:
    """Return the frame of each resource by its key: commands, queries, subscribers, or the steps of a workflow."""
    groups = dict.fromkeys(context.command_functions, "commands") | dict.fromkeys(context.queries, "queries")
    frames = {
        resource.key: groups[resource.name]
        for resource in resources
        if resource.kind == "function" and resource.name in groups
    }
    within = {
        key: _name(context, workflow)
        for workflow, arrows in steps
        for key in (workflow.key, *(arrow.target for arrow in arrows))
    }
    return frames | dict.fromkeys(_subscribers(started), "subscribers") | within


def _name(context: Context[Any], resource: Resource) -> str:
    """Return the display name: a command's name, another function's name in the same style, or a name with its kind."""
    if resource.kind != "function":
        return resource.kind if resource.name in resource.kind.lower().split() else f"{resource.kind} {resource.name}"
    commands = dict(zip(context.command_functions, (command.name for command in context.commands), strict=True))
    return commands.get(resource.name) or "".join(word[:1].upper() + word[1:] for word in resource.name.split("_"))


def _subscribers(started: Sequence[Trigger]) -> set[str]:
    """Return the keys of the queues that a topic of the context feeds and that this stack does not read."""
    read = {trigger.source.key for trigger in started if isinstance(trigger.source, Resource)}
    behind = [trigger for trigger in started if isinstance(trigger.source, Resource) and trigger.source.kind == "topic"]
    return {trigger.target.key for trigger in behind if trigger.target.kind == "queue"} - read


def _outside(started: Iterable[Trigger]) -> set[Box]:
    """Return boxes for triggers that are not resources of the graph."""
    return {
        Box(_key(trigger.source), trigger.source[1], trigger.source[0])
        for trigger in started
        if not isinstance(trigger.source, Resource)
    }


def _key(source: Resource | tuple[str, str]) -> str:
    return source.key if isinstance(source, Resource) else " ".join(source)


def _arrow(trigger: Trigger) -> Arrow:
    return Arrow(_key(trigger.source), trigger.target.key, trigger.label, trigger.note)


def _steps(resources: Resources, workflow: Resource) -> Iterator[Arrow]:
    """Yield an arrow from a workflow to its first step, and the arrows between its steps."""
    for before, after, label in Machine(str(workflow.node.inputs["definition"])).links():
        source, target = resources.by_arn(before) if before else workflow, resources.by_arn(after)
        if source and target:
            yield Arrow(source.key, target.key, label)


def _permission_arrows(resources: Resources, known: Sequence[Arrow], steps: Sequence[Steps]) -> Iterator[Arrow]:
    """Yield arrows for permissions that no other arrow implies.

    Other arrows imply that a workflow calls its steps, and that a function reads its queue.
    """
    ways = {(arrow.source, arrow.target) for arrow in known}
    ways |= {(workflow.key, arrow.target) for workflow, arrows in steps for arrow in arrows}
    owners = dict(_owners(resources))
    for grant in grants(resources.graph):
        for owner in owners.get(grant.role, ()):
            for resource in _granted(resources, grant):
                labels = words(grant.actions) - _implied(owner, resource, ways)
                yield from (Arrow(owner.key, resource.key, word) for word in labels if owner != resource)


def _granted(resources: Resources, grant: Grant) -> list[Resource]:
    """Return the resources of a grant. Read access to a table's stream is omitted, because it shows as a trigger."""
    arns = [arn for arn in grant.resources if "/stream/" not in arn]
    return [resource for resource in resources.all if any(map(resource.matches, arns))]


def _implied(owner: Resource, resource: Resource, ways: set[tuple[str, str]]) -> set[str]:
    if (resource.key, owner.key) in ways:
        return {"receives"}
    return {"calls", "starts"} if (owner.key, resource.key) in ways else set()


def _owners(resources: Resources) -> Iterator[tuple[str, list[Resource]]]:
    """Yield each role's name with the resources that use it. The role of an SFTP user belongs to the server."""
    owners: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in resources.all:
        if (
            role := resource.node.inputs.get("role")
            or resource.node.inputs.get("roleArn")
            or resource.node.inputs.get("accessRole")
        ):
            owners[role_name(str(role))].append(resource)
    for user in resources.graph.of("transfer/user"):
        servers = [resource for resource in resources.all if id_of(resource.node) == user.inputs.get("serverId")]
        owners[role_name(str(user.inputs.get("role", "")))] += servers
    yield from owners.items()


def merged(arrows: Iterable[Arrow]) -> list[Arrow]:
    """Merge the arrows between the same two boxes into one with all labels and notes. Return them sorted."""
    labels: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    notes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for arrow in arrows:
        labels[arrow.source, arrow.target].update(arrow.label.split(_COMMA))
        notes[arrow.source, arrow.target].add(arrow.note)
    return sorted(
        Arrow(*ends, _COMMA.join(sorted(words - {""}, key=_rank)), "\n".join(sorted(notes[ends] - {""})))
        for ends, words in labels.items()
    )


def _rank(word: str) -> tuple[int, str]:
    return (ORDER.index(word) if word in ORDER else -1, word)
