"""Faults between repositories, such as events with a consumer and without a publisher, or the reverse."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain

from .consumption import Consumption, consumptions, remaining, subscribers, type_of
from .members import Member
from .quotas import beyond


@dataclass(frozen=True)
class Finding:
    """A fault that concerns several contexts; ``kind`` is its code for programs, ``sentence`` its text for people."""

    kind: str
    contexts: tuple[str, ...]
    sentence: str


def findings(fleet: Sequence[Member]) -> list[Finding]:
    """Return the findings of a fleet in the order of their kinds, without duplicates."""
    consumed = consumptions(fleet)
    all_findings = chain(
        _twice(fleet),
        chain.from_iterable(map(_unpublished, consumed)),
        chain.from_iterable(map(_of_another_stack, consumed)),
        _unconsumed(fleet, consumed),
        _overdue(fleet),
        _disagreed(fleet),
        _cycles(fleet),
        (Finding("quota", use.contexts, use.sentence()) for use in beyond(fleet)),
    )
    return list(dict.fromkeys(all_findings))


def _twice(fleet: Sequence[Member]) -> Iterator[Finding]:
    """Find contexts with two repositories: both deploy the same resources, and their events have the same source."""
    folders = defaultdict[str, list[str]](list)
    for member in fleet:
        folders[member.name].append(str(member.folder))
    for name, places in folders.items():
        if len(places) > 1:
            yield Finding("twice", (name,), f"{name} is declared by {_and(places)}: remove one of them.")


def _unpublished(consumption: Consumption) -> Iterator[Finding]:
    """Find consumed events that the publisher does not publish."""
    consumer, source = consumption.consumer.name, consumption.source
    if consumption.publisher is None:
        events = _and(consumption.labels)
        sentence = f"{consumer} consumes {events} of {source}, and this fleet has no repository of {source}."
        yield Finding("no-publisher", (consumer, source), sentence)
        return
    published = consumption.publisher.publishes
    for label in consumption.labels:
        labels = published.get(type_of(label), ())
        if label not in labels and published:
            yield _missing(consumption, label, labels)


def _missing(consumption: Consumption, label: str, labels: Sequence[str]) -> Finding:
    contexts = (consumption.consumer.name, consumption.source)
    sentence = f"{consumption.consumer.name} consumes {label} of {consumption.source}, which publishes"
    if labels:
        return Finding("version", contexts, f"{sentence} {_and(labels)}: agree on a major version.")
    return Finding("unpublished", contexts, f"{sentence} no such event.")


def _of_another_stack(consumption: Consumption) -> Iterator[Finding]:
    """Find topics of another context or stack. The topic's parameter names both, as in `/payment/prod/topic-arn`."""
    parts = consumption.topic.split("/")
    if consumption.publisher is None or len(parts) != 4 or parts[3] != "topic-arn":
        return
    _, source, stack, _ = parts
    contexts = (consumption.consumer.name, consumption.source)
    consumer = f"{consumption.stack.name} of {consumption.consumer.name}"
    if source != consumption.source:
        sentence = f"{consumer} consumes {consumption.source} from the topic of {source}, {consumption.topic}."
        yield Finding("topic", contexts, sentence)
    elif stack != (own := consumption.stack.name) and own in {other.name for other in consumption.publisher.stacks}:
        sentence = f"{consumer} consumes {stack} of {consumption.source}, which also has a stack {own}."
        yield Finding("topic", contexts, sentence)


def _unconsumed(fleet: Sequence[Member], consumed: Sequence[Consumption]) -> Iterator[Finding]:
    """Find published events without a consumer. Skip contexts with subscribers in other accounts: those are unknown."""
    by_contexts = {(consumption.source, label) for consumption in consumed for label in consumption.labels}
    for member in fleet:
        if any(stack.subscriber_accounts for stack in member.stacks):
            continue
        by_subscribers = {label for _, label in subscribers(member)}
        for label in chain.from_iterable(member.publishes.values()):
            if label not in by_subscribers and (member.name, label) not in by_contexts:
                sentence = f"{member.name} publishes {label}, and no subscriber or context of this fleet consumes it."
                yield Finding("unconsumed", (member.name,), sentence)


def _overdue(fleet: Sequence[Member]) -> Iterator[Finding]:
    """Find consumers of deprecated events after their day, from which a release may remove the event."""
    for event in remaining(fleet):
        consumers = tuple(name for name in (*event.consumers, *event.subscribers) if name not in event.later)
        if consumers and event.day < date.today().isoformat():
            was = f"{event.label} of {event.publisher.name} was deprecated until {event.day}"
            sentence = f"{was}, and is consumed by {_and(consumers)}: consume a later version."
            yield Finding("sunset", (event.publisher.name, *event.consumers), sentence)


def _disagreed(fleet: Sequence[Member]) -> Iterator[Finding]:
    """Find schemas with different contents in two repositories: a published version of a schema must not change."""
    digests = defaultdict[str, dict[str, list[Member]]](lambda: defaultdict(list))
    for member in fleet:
        for schema, digest in member.survey.get("schemas", {}).items():
            digests[schema][digest].append(member)
    for schema, by_digest in digests.items():
        if len(by_digest) > 1:
            owners = [member for members in by_digest.values() for member in members]
            folders = _and([str(member.folder) for member in owners])
            names = tuple(sorted({member.name for member in owners}))
            yield Finding("schema", names, f"{schema} has different contents in {folders}.")


def _cycles(fleet: Sequence[Member]) -> Iterator[Finding]:
    """Find reactions that lead to their own event, over other contexts. Each cycle is reported once."""
    effects = {
        (str(reaction["source"]), type_of(reaction["event"])): [] for member in fleet for reaction in member.reactions
    }
    for member in fleet:
        for reaction in member.reactions:
            event = (str(reaction["source"]), type_of(reaction["event"]))
            effects[event] += [(member.name, event_type) for event_type in reaction["leads_to"]]
    for start in sorted(effects):
        if (cycle := _cycle(start, effects)) and start == min(cycle):
            path = " to ".join(f"{event_type} of {name}" for name, event_type in (*cycle, start))
            remedy = "let a rule return None for an event that its own context caused, or remove a reaction"
            sentence = f"Reactions lead from {path}, until 8 hops end the cycle: {remedy}."
            yield Finding("cycle", tuple(sorted({name for name, _ in cycle})), sentence)


Event = tuple[str, str]
"""The context and the type of an event."""


def _cycle(start: Event, effects: Mapping[Event, Sequence[Event]]) -> Sequence[Event]:
    """Return the shortest way from an event to itself, or an empty one."""
    ways: list[tuple[Event, ...]] = [(start,)]
    reached: set[Event] = set()
    for way in ways:
        for event in effects.get(way[-1], ()):
            if event == start:
                return way
            if event not in reached:
                reached.add(event)
                ways.append((*way, event))
    return ()


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
