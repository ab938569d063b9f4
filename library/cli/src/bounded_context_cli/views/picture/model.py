"""The picture of a context: boxes and arrows, derived from the resources that its program registers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from bounded_context.declaration.context import Context
from bounded_context.domain.spelling import kebab, plain

from ...programs.graph import Graph
from .policies import ORDER, Grant, grants, role_name, words
from .resources import Resource, Resources, id_of
from .shapes import Arrow, Box
from .steps import Machine
from .triggers import Trigger, triggers

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
    arrows = merged([*known, *_permitted(resources, known, steps)])
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
    ]
    return Box(resource.key, label, resource.kind, "\n".join(notes), frame)


def _frames(
    context: Context[Any], resources: Sequence[Resource], started: Sequence[Trigger], steps: Sequence[Steps]
) -> Mapping[str, str]:
    """Return the frame of each resource by its key: commands, queries, subscribers, or the steps of a workflow."""
    groups = dict.fromkeys(context.command_functions, "commands") | dict.fromkeys(context.queries, "queries")
    found = {
        resource.key: groups[resource.name]
        for resource in resources
        if resource.kind == "function" and resource.name in groups
    }
    within = {
        key: _name(context, workflow)
        for workflow, arrows in steps
        for key in (workflow.key, *(arrow.target for arrow in arrows))
    }
    return found | dict.fromkeys(_subscribers(started), "subscribers") | within


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


def _permitted(resources: Resources, known: Sequence[Arrow], steps: Sequence[Steps]) -> Iterator[Arrow]:
    """Yield arrows for permissions that no other arrow implies.

    Other arrows imply that a workflow calls its steps, and that a function reads its queue.
    """
    ways = {(arrow.source, arrow.target) for arrow in known}
    ways |= {(workflow.key, arrow.target) for workflow, arrows in steps for arrow in arrows}
    owners = dict(_owners(resources))
    for grant in grants(resources.graph):
        for owner in owners.get(grant.role, ()):
            for resource in _granted(resources, grant):
                left = words(grant.actions) - _implied(owner, resource, ways)
                yield from (Arrow(owner.key, resource.key, word) for word in left if owner != resource)


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
    found: defaultdict[str, list[Resource]] = defaultdict(list)
    for resource in resources.all:
        if role := resource.node.inputs.get("role") or resource.node.inputs.get("roleArn"):
            found[role_name(str(role))].append(resource)
    for user in resources.graph.of("transfer/user"):
        servers = [resource for resource in resources.all if id_of(resource.node) == user.inputs.get("serverId")]
        found[role_name(str(user.inputs.get("role", "")))] += servers
    yield from found.items()


def merged(arrows: Iterable[Arrow]) -> list[Arrow]:
    """Merge the arrows between the same two boxes into one with all labels and notes. Return them sorted."""
    labels: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    notes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for arrow in arrows:
        labels[arrow.source, arrow.target].update(arrow.label.split(_COMMA))
        notes[arrow.source, arrow.target].add(arrow.note)
    return sorted(
        Arrow(*ends, _COMMA.join(sorted(found - {""}, key=_rank)), "\n".join(sorted(notes[ends] - {""})))
        for ends, found in labels.items()
    )


def _rank(word: str) -> tuple[int, str]:
    return (ORDER.index(word) if word in ORDER else -1, word)
