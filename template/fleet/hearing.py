"""Who hears whom: every event on its way from one context of a fleet to another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .members import Member, Stack


@dataclass(frozen=True)
class Hearing:
    """A stack of one context hears events of another, which ``publisher`` is; None if the fleet has no such context."""

    hearer: Member
    stack: Stack
    source: str
    """The other context's name in kebab-case."""
    publisher: Member | None
    topic: str
    labels: Sequence[str]


def hearings(fleet: Sequence[Member]) -> list[Hearing]:
    """Return what each stack of a fleet hears that is deployed to AWS."""
    by_name = {member.name: member for member in fleet}
    return [
        Hearing(member, stack, name, by_name.get(name), said["topic"], said["labels"])
        for member in fleet
        for stack in member.stacks
        for name, said in ((source.replace("_", "-"), said) for source, said in stack.hears.items())
    ]


def pairs(heard: Iterable[Hearing]) -> dict[tuple[str, str], dict[str, list[str]]]:
    """Return the stacks in which each label is heard, by who publishes and who hears it, sorted."""
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for one in heard:
        labels = found.setdefault((one.source, one.hearer.name), {})
        for label in one.labels:
            labels.setdefault(label, []).append(one.stack.name)
    return dict(sorted(found.items()))


def type_of(label: str) -> str:
    """Return the event's type that a label begins with: `PaymentRegistered.2` is one of `PaymentRegistered`."""
    name, _, major = label.rpartition(".")
    return name if major.isdecimal() else label


def subscribers(member: Member) -> Iterator[tuple[str, str]]:
    """Yield each subscriber of a context with each label that it gets, in whatever stack."""
    for stack in member.stacks:
        for subscriber, labels in stack.tells.items():
            yield from ((subscriber, label) for label in labels)
