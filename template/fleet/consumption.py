"""Consumers and publishers of events between the contexts of a fleet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from .members import Member, Stack


@dataclass(frozen=True)
class Consumption:
    """The events that a stack consumes of another context; ``publisher`` is None if the fleet lacks that context."""

    consumer: Member
    stack: Stack
    source: str
    """The publishing context's name in kebab-case."""
    publisher: Member | None
    topic: str
    labels: Sequence[str]


def consumptions(fleet: Sequence[Member]) -> list[Consumption]:
    """Return the consumed events of each stack that is deployed to AWS."""
    by_name = {member.name: member for member in fleet}
    return [
        Consumption(member, stack, name, by_name.get(name), setting["topic"], setting["labels"])
        for member in fleet
        for stack in member.stacks
        for name, setting in ((source.replace("_", "-"), setting) for source, setting in stack.consumes.items())
    ]


def pairs(consumed: Iterable[Consumption]) -> dict[tuple[str, str], dict[str, list[str]]]:
    """Return the names of the stacks that consume each label, by publisher and consumer, sorted."""
    labels_by_pair: dict[tuple[str, str], dict[str, list[str]]] = {}
    for consumption in consumed:
        labels = labels_by_pair.setdefault((consumption.source, consumption.consumer.name), {})
        for label in consumption.labels:
            labels.setdefault(label, []).append(consumption.stack.name)
    return dict(sorted(labels_by_pair.items()))


@dataclass(frozen=True)
class Remaining:
    """The remaining consumers of a deprecated event of a context: other contexts with their stacks, and subscribers.

    ``later`` has the consumers that get a later major version as well.
    """

    publisher: Member
    label: str
    day: str
    """The day from which the event may be removed (ISO 8601)."""
    consumers: Mapping[str, Sequence[str]]
    subscribers: Sequence[str]
    later: frozenset[str]

    @property
    def sentence(self) -> str:
        """The remaining consumers in a sentence."""
        names = [f"{name} ({', '.join(stacks)})" for name, stacks in self.consumers.items()] + [*self.subscribers]
        remaining = [f"{name}, {_LATER}" if name.partition(" ")[0] in self.later else name for name in names]
        consumers = f"remaining consumers: {'; '.join(remaining)}" if remaining else "no remaining consumer"
        return f"{self.publisher.name}: {self.label} is deprecated until {self.day}, {consumers}."

    def as_json(self) -> dict[str, Any]:
        """Return the fields for JSON."""
        return {
            "context": self.publisher.name,
            "event": self.label,
            "until": self.day,
            "consumers": self.consumers,
            "subscribers": self.subscribers,
            "later": sorted(self.later),
        }


_LATER: Final = "which gets a later version, too"


def remaining(fleet: Sequence[Member]) -> list[Remaining]:
    """Return the remaining consumers of each deprecated event, the earliest day first."""
    consumed, deprecated = pairs(consumptions(fleet)), []
    for member in fleet:
        labels = {label for published in member.publishes.values() for label in published}
        for label in sorted(labels & member.deprecated.keys()):
            of_contexts = {name: gets for (publisher, name), gets in consumed.items() if publisher == member.name}
            of_subscribers: dict[str, set[str]] = {}
            for subscriber, own in subscribers(member):
                of_subscribers.setdefault(subscriber, set()).add(own)
            each = {**of_contexts, **of_subscribers}
            deprecated.append(
                Remaining(
                    member,
                    label,
                    member.deprecated[label],
                    {name: gets[label] for name, gets in of_contexts.items() if label in gets},
                    sorted(name for name, gets in of_subscribers.items() if label in gets),
                    frozenset(name for name, gets in each.items() if label in gets and _is_later(label, gets)),
                )
            )
    return sorted(deprecated, key=lambda event: event.day)


def _is_later(label: str, labels: Iterable[str]) -> bool:
    """Return whether one of these labels is a later major version of the same event."""
    return any(type_of(other) == type_of(label) and major(other) > major(label) for other in labels)


def major(label: str) -> int:
    """Return the major version of a label: 1 for `PaymentRegistered`, 2 for `PaymentRegistered.2`."""
    number = label.rpartition(".")[2]
    return int(number) if number.isdecimal() else 1


def type_of(label: str) -> str:
    """Return the event type of a label: `PaymentRegistered.2` gives `PaymentRegistered`."""
    name, _, major = label.rpartition(".")
    return name if major.isdecimal() else label


def subscribers(member: Member) -> Iterator[tuple[str, str]]:
    """Yield each subscriber of a context with each label of its subscriptions, over all stacks."""
    for stack in member.stacks:
        for subscriber, labels in stack.subscribers.items():
            yield from ((subscriber, label) for label in labels)
