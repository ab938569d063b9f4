"""The picture of a context: boxes and arrows, derived from the resources that its program registers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from ....declaration.context import Context
from ....domain.spelling import kebab, plain
from ...programs.graph import Graph
from ..drawing import Arrow, Box
from .frames import Steps, frames, name
from .policies import ORDER, Grant, grants, role_name, words
from .resources import Thing, Things, id_of
from .steps import Machine
from .triggers import Trigger, triggers

_COMMA: Final = ", "


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
    things = Things(graph, f"{kebab(context.name)}-{stack}")
    started, steps = list(triggers(things)), [(thing, list(_steps(things, thing))) for thing in things.of("workflow")]
    framed = frames(context, things.all, started, steps)
    boxes = [_box(context, things, thing, framed.get(thing.key, "")) for thing in things.all]
    known = [*chain(*(arrows for _, arrows in steps)), *map(_arrow, started)]
    arrows = merged([*known, *_allowed(things, known, steps)])
    title = f"What the {plain(context.title)} context is made of"
    return Picture(title, sorted([*boxes, *_outside(started)]), arrows)


def _box(context: Context[Any], things: Things, thing: Thing, frame: str) -> Box:
    destinations = sorted(
        destination for destination, sources in things.failures.items() if any(map(thing.is_meant, sources))
    )
    label = f"{name(context, thing)}\n+ dead letters" if destinations else name(context, thing)
    notes = [f"{thing.kind} {thing.node.called}", *(f"what fails: {arn.rpartition(':')[2]}" for arn in destinations)]
    return Box(thing.key, label, thing.kind, "\n".join(notes), frame)


def _outside(started: Iterable[Trigger]) -> set[Box]:
    """Return boxes for triggers that are not resources of the graph."""
    return {
        Box(_key(trigger.source), trigger.source[1], trigger.source[0])
        for trigger in started
        if not isinstance(trigger.source, Thing)
    }


def _key(source: Thing | tuple[str, str]) -> str:
    return source.key if isinstance(source, Thing) else " ".join(source)


def _arrow(trigger: Trigger) -> Arrow:
    return Arrow(_key(trigger.source), trigger.target.key, trigger.label, trigger.note)


def _steps(things: Things, workflow: Thing) -> Iterator[Arrow]:
    """Yield an arrow from a workflow to its first step, and the arrows between its steps."""
    for before, after, label in Machine(str(workflow.node.inputs["definition"])).links():
        source, target = things.meant(before) if before else workflow, things.meant(after)
        if source and target:
            yield Arrow(source.key, target.key, label)


def _allowed(things: Things, known: Sequence[Arrow], steps: Sequence[Steps]) -> Iterator[Arrow]:
    """Yield arrows for permissions that no other arrow implies.

    Other arrows imply that a workflow calls its steps, and that a function reads its queue.
    """
    ways = {(arrow.source, arrow.target) for arrow in known}
    ways |= {(workflow.key, arrow.target) for workflow, arrows in steps for arrow in arrows}
    owners = dict(_owners(things))
    for grant in grants(things.graph):
        for owner in owners.get(grant.role, ()):
            for thing in _granted(things, grant):
                left = words(grant.actions) - _needless(owner, thing, ways)
                yield from (Arrow(owner.key, thing.key, word) for word in left if owner != thing)


def _granted(things: Things, grant: Grant) -> list[Thing]:
    """Return the resources of a grant. Read access to a table's stream is omitted, because it shows as a trigger."""
    return [
        thing for thing in things.all if any(thing.is_meant(arn) and "/stream/" not in arn for arn in grant.resources)
    ]


def _needless(owner: Thing, thing: Thing, ways: set[tuple[str, str]]) -> set[str]:
    if (thing.key, owner.key) in ways:
        return {"receives"}
    return {"calls", "starts"} if (owner.key, thing.key) in ways else set()


def _owners(things: Things) -> Iterator[tuple[str, list[Thing]]]:
    """Yield each role's name with the resources that use it. The role of an SFTP user belongs to the server."""
    found: defaultdict[str, list[Thing]] = defaultdict(list)
    for thing in things.all:
        if role := thing.node.inputs.get("role") or thing.node.inputs.get("roleArn"):
            found[role_name(str(role))].append(thing)
    for user in things.graph.of("transfer/user"):
        servers = [thing for thing in things.all if id_of(thing.node) == user.inputs.get("serverId")]
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
