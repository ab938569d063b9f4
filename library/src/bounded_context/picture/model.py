"""The picture of a context: boxes and arrows, made of the resources that its program registers."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from ..context import Context
from ..drawing import Arrow, Box
from ..graph import Graph
from ..words import kebab, plain
from .frames import Steps, frames, name
from .policies import ORDER, Grant, grants, role_name, words
from .steps import Machine
from .things import Thing, Things, id_of
from .triggers import Trigger, triggers

_COMMA: Final = ", "


@dataclass(frozen=True)
class Picture:
    """What is drawn."""

    title: str
    boxes: Sequence[Box]
    arrows: Sequence[Arrow]


def picture(context: Context[Any], graph: Graph, stack: str) -> Picture:
    """Return the picture of a context as a stack: who triggers whom, and what each may do.

    Alarms, logs, keys and roles are left out. What takes failures is said at what fails, by "+ dead letters" and in its
    note. All other resources are boxes, those of a team's own too.
    """
    things = Things(graph, f"{kebab(context.name)}-{stack}")
    started, steps = list(triggers(things)), [(one, list(_steps(things, one))) for one in things.of("workflow")]
    framed = frames(context, things.all, started, steps)
    boxes = [_box(context, things, one, framed.get(one.key, "")) for one in things.all]
    said = [*chain(*(arrows for _, arrows in steps)), *map(_arrow, started)]
    arrows = merged([*said, *_allowed(things, said, steps)])
    title = f"What the {plain(context.title)} context is made of"
    return Picture(title, sorted([*boxes, *_outside(started)]), arrows)


def _box(context: Context[Any], things: Things, thing: Thing, frame: str) -> Box:
    taken = sorted(taker for taker, failing in things.failures.items() if any(map(thing.is_meant, failing)))
    label = f"{name(context, thing)}\n+ dead letters" if taken else name(context, thing)
    notes = [f"{thing.kind} {thing.node.called}", *(f"what fails: {arn.rpartition(':')[2]}" for arn in taken)]
    return Box(thing.key, label, thing.kind, "\n".join(notes), frame)


def _outside(started: Iterable[Trigger]) -> set[Box]:
    """What sets something off and is not a resource here."""
    return {Box(_key(one.source), one.source[1], one.source[0]) for one in started if not isinstance(one.source, Thing)}


def _key(source: Thing | tuple[str, str]) -> str:
    return source.key if isinstance(source, Thing) else " ".join(source)


def _arrow(trigger: Trigger) -> Arrow:
    return Arrow(_key(trigger.source), trigger.target.key, trigger.label, trigger.note)


def _steps(things: Things, workflow: Thing) -> Iterator[Arrow]:
    """From a workflow to its first step, and from step to step."""
    for before, after, said in Machine(str(workflow.node.inputs["definition"])).links():
        source, target = things.meant(before) if before else workflow, things.meant(after)
        if source and target:
            yield Arrow(source.key, target.key, said)


def _allowed(things: Things, said: Sequence[Arrow], steps: Sequence[Steps]) -> Iterator[Arrow]:
    """What roles may do; less what is said already: that a workflow calls its steps, and a function reads its queue."""
    ways = {(one.source, one.target) for one in said}
    ways |= {(workflow.key, one.target) for workflow, arrows in steps for one in arrows}
    owners = dict(_owners(things))
    for grant in grants(things.graph):
        for owner in owners.get(grant.role, ()):
            for thing in _granted(things, grant):
                left = words(grant.actions) - _needless(owner, thing, ways)
                yield from (Arrow(owner.key, thing.key, word) for word in left if owner != thing)


def _granted(things: Things, grant: Grant) -> list[Thing]:
    """What a grant is for; to read a table's stream is to be triggered by it."""
    return [one for one in things.all if any(one.is_meant(arn) and "/stream/" not in arn for arn in grant.resources)]


def _needless(owner: Thing, thing: Thing, ways: set[tuple[str, str]]) -> set[str]:
    if (thing.key, owner.key) in ways:
        return {"receives"}
    return {"calls", "starts"} if (owner.key, thing.key) in ways else set()


def _owners(things: Things) -> Iterator[tuple[str, list[Thing]]]:
    """Whose each role is, by its name; that of an SFTP user is the server's."""
    found: defaultdict[str, list[Thing]] = defaultdict(list)
    for one in things.all:
        if role := one.node.inputs.get("role") or one.node.inputs.get("roleArn"):
            found[role_name(str(role))].append(one)
    for user in things.graph.of("transfer/user"):
        servers = [one for one in things.all if id_of(one.node) == user.inputs.get("serverId")]
        found[role_name(str(user.inputs.get("role", "")))] += servers
    yield from found.items()


def merged(arrows: Iterable[Arrow]) -> list[Arrow]:
    """One arrow from one box to another, which says all that is said of it; sorted."""
    labels: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    notes: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for one in arrows:
        labels[one.source, one.target].update(one.label.split(_COMMA))
        notes[one.source, one.target].add(one.note)
    return sorted(
        Arrow(*ends, _COMMA.join(sorted(found - {""}, key=_rank)), "\n".join(sorted(notes[ends] - {""})))
        for ends, found in labels.items()
    )


def _rank(word: str) -> tuple[int, str]:
    return (ORDER.index(word) if word in ORDER else -1, word)
