"""Consumers and publishers of events between the contexts of a fleet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

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


def type_of(label: str) -> str:
    """Return the event type of a label: `PaymentRegistered.2` gives `PaymentRegistered`."""
    name, _, major = label.rpartition(".")
    return name if major.isdecimal() else label


def subscribers(member: Member) -> Iterator[tuple[str, str]]:
    """Yield each subscriber of a context with each label of its subscriptions, over all stacks."""
    for stack in member.stacks:
        for subscriber, labels in stack.subscribers.items():
            yield from ((subscriber, label) for label in labels)
