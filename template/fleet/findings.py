"""What no single repository can see: who waits for events that nobody sends, and whom nobody hears."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from .hearing import Hearing, hearings, subscribers, type_of
from .members import Member
from .quotas import beyond


@dataclass(frozen=True)
class Finding:
    """Something that concerns several contexts; ``kind`` is a word for programs, ``sentence`` is for people."""

    kind: str
    contexts: tuple[str, ...]
    sentence: str


def findings(fleet: Sequence[Member]) -> list[Finding]:
    """Return what is found in a fleet, in the order of its kinds, without repetition."""
    heard = hearings(fleet)
    found = chain(
        _twice(fleet),
        chain.from_iterable(map(_unpublished, heard)),
        chain.from_iterable(map(_of_another_stack, heard)),
        _unheard(fleet, heard),
        _disagreed(fleet),
        (Finding("quota", use.contexts, use.sentence()) for use in beyond(fleet)),
    )
    return list(dict.fromkeys(found))


def _twice(fleet: Sequence[Member]) -> Iterator[Finding]:
    """Two repositories would deploy the same resources, and their events have the same source."""
    folders = defaultdict[str, list[str]](list)
    for member in fleet:
        folders[member.name].append(str(member.folder))
    for name, places in folders.items():
        if len(places) > 1:
            yield Finding("twice", (name,), f"{name} is declared by {_and(places)}: remove one of them.")


def _unpublished(one: Hearing) -> Iterator[Finding]:
    if one.publisher is None:
        said = f"{one.hearer.name} hears {one.source}, which is not in this fleet: {_and(one.labels)} may never come."
        yield Finding("no-publisher", (one.hearer.name, one.source), said)
        return
    published = one.publisher.publishes
    for label in one.labels:
        labels = published.get(type_of(label), ())
        if label not in labels and published:
            yield _missing(one, label, labels)


def _missing(one: Hearing, label: str, labels: Sequence[str]) -> Finding:
    contexts, said = (one.hearer.name, one.source), f"{one.hearer.name} hears {label} of {one.source}, which publishes"
    if labels:
        return Finding("version", contexts, f"{said} {_and(labels)}: agree on a major version.")
    return Finding("unpublished", contexts, f"{said} no such event.")


def _of_another_stack(one: Hearing) -> Iterator[Finding]:
    """A parameter of the platform's names its stack: `/payment/prod/topic-arn`."""
    parts = one.topic.split("/")
    if one.publisher is None or len(parts) != 4 or parts[3] != "topic-arn":
        return
    _, source, stack, _ = parts
    contexts = (one.hearer.name, one.source)
    if source != one.source:
        said = f"{one.stack.name} of {one.hearer.name} hears {one.source} at the topic of {source}, {one.topic}."
        yield Finding("topic", contexts, said)
    elif stack != one.stack.name and one.stack.name in {other.name for other in one.publisher.stacks}:
        said = (
            f"{one.stack.name} of {one.hearer.name} hears {stack} of {one.source}, which has a {one.stack.name}, too."
        )
        yield Finding("topic", contexts, said)


def _unheard(fleet: Sequence[Member], heard: Sequence[Hearing]) -> Iterator[Finding]:
    """Where other accounts may subscribe, nobody knows here who hears what."""
    by_contexts = {(one.source, label) for one in heard for label in one.labels}
    for member in fleet:
        if any(stack.told_accounts for stack in member.stacks):
            continue
        by_subscribers = {label for _, label in subscribers(member)}
        for label in chain.from_iterable(member.publishes.values()):
            if label not in by_subscribers and (member.name, label) not in by_contexts:
                said = f"{member.name} publishes {label}, and no subscriber and no context of this fleet hears it."
                yield Finding("unheard", (member.name,), said)


def _disagreed(fleet: Sequence[Member]) -> Iterator[Finding]:
    """A version of a schema is what its first publisher said for ever."""
    found = defaultdict[str, dict[str, list[Member]]](lambda: defaultdict(list))
    for member in fleet:
        for schema, digest in member.told.get("schemas", {}).items():
            found[schema][digest].append(member)
    for schema, by_digest in found.items():
        if len(by_digest) > 1:
            those = [member for members in by_digest.values() for member in members]
            folders = _and([str(member.folder) for member in those])
            names = tuple(sorted({member.name for member in those}))
            yield Finding("schema", names, f"{schema} has one content in one and another in the other of {folders}.")


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
