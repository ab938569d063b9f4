"""The consumers that a change of a context's events would break."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..library import find_uv
from ..upkeep.errors import CannotTell, NotOurs
from .consumption import Remaining, consumptions, remaining
from .inbound_tests import Failure, require_current, run_inbound
from .members import Member, declared_members
from .published import Published, before, published


class State(StrEnum):
    """The effect of a change on a consumer."""

    UNAFFECTED = "unaffected"
    """No consumed event changed."""
    GREEN = "green"
    """Consumed events changed, and the inbound tests pass."""
    BREAKS = "breaks"
    """An inbound test fails with the changed events, and passes without the change."""
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Effect:
    """The effect on a consumer; ``labels`` has its consumed events that changed."""

    consumer: Member
    state: State
    labels: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    reason: str = ""
    """The reason of an unknown effect."""

    context: str = ""
    """The context that publishes the events."""

    @property
    def reactions(self) -> tuple[str, ...]:
        """The changed events to which the consumer reacts."""
        return tuple(label for label in self.labels if self.consumer.reacts_to(self.context, label))

    def as_json(self) -> dict[str, Any]:
        """Return the effect for JSON."""
        return {
            "name": self.consumer.name,
            "folder": str(self.consumer.folder),
            "state": self.state.value,
            "events": list(self.labels),
            "reactions": list(self.reactions),
            "tests": [{"test": failure.test, "reason": failure.reason} for failure in self.failures],
            "reason": self.reason,
        }


@dataclass(frozen=True)
class Impact:
    """The effects of a change on all consumers; ``has_base`` is whether the events before the change are known."""

    context: str
    has_base: bool
    changed: tuple[str, ...]
    effects: tuple[Effect, ...]
    deprecated: tuple[Remaining, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the impact for JSON."""
        consumers = [effect.as_json() for effect in self.effects]
        deprecated = [event.as_json() for event in self.deprecated]
        changed = {"context": self.context, "has_base": self.has_base, "changed": self.changed}
        return {**changed, "consumers": consumers, "deprecated": deprecated}


def impact(repository: Path, folders: Sequence[Path]) -> Impact:
    """Return the effects of a repository's changed events on its consumers in a fleet.

    Raises:
        NotOurs: the fleet has no repository of this context.
        CannotTell: the repository has no schemas, its schemas differ from its code, or the library cannot be run.
    """
    find_uv()
    with before(repository) as base:  # The programs uv and git are found before code of a repository runs.
        [changed, *fleet] = declared_members([repository, *folders])
        if changed.name not in {member.name for member in fleet}:
            fault = f"{repository} is not in the fleet, which has no repository of {changed.name}"
            raise NotOurs(f"{fault}: add its clone to the fleet.")
        require_current(repository)
        now, others = published(repository), [member for member in fleet if member.name != changed.name]
        labels = now.changed(base)
        effects = tuple(_effects(changed.name, others, labels, [now, *([base] if base else [])]))
    return Impact(changed.name, base is not None, tuple(sorted(labels)), effects, tuple(remaining([changed, *others])))


def _effects(
    context: str, others: Sequence[Member], changed: set[str], events: Sequence[Published]
) -> Iterator[Effect]:
    consumed = _consumed(context, others)
    for member in others:
        if "stacks" not in member.survey:
            yield Effect(member, State.UNKNOWN, reason=" ".join(member.errors))
        elif labels := consumed.get(member.folder, set()):
            # Without a base, the consumer may also consume an event that was published before.
            affected = labels & changed if len(events) > 1 else labels
            yield _effect(member, context, tuple(sorted(affected)), events)


def _consumed(context: str, fleet: Sequence[Member]) -> Mapping[Path, set[str]]:
    """Return the labels of the events that each repository consumes of a context, in any stack."""
    labels: dict[Path, set[str]] = {}
    for consumption in consumptions(fleet):
        if consumption.source == context:
            labels.setdefault(consumption.consumer.folder, set()).update(consumption.labels)
    return labels


def _effect(member: Member, context: str, labels: tuple[str, ...], events: Sequence[Published]) -> Effect:
    if not labels:
        return Effect(member, State.UNAFFECTED)
    try:
        failures = tuple(run_inbound(member.folder, context, events))
    except (CannotTell, OSError) as error:
        return Effect(member, State.UNKNOWN, labels, reason=str(error), context=context)
    return Effect(member, State.BREAKS if failures else State.GREEN, labels, failures, context=context)
