"""The picture of a fleet's publishers and consumers, drawn by a module of the library without dependencies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from ..alone import alone
from .consumption import consumptions, pairs
from .members import Member


def picture(fleet: Sequence[Member]) -> str:
    """Return a drawing of a fleet as SVG: a box for each context, an arrow from each publisher to its consumer."""
    drawing = alone("lab", "drawing")
    return drawing.svg("Publishers and consumers", list(_boxes(drawing, fleet)), list(_arrows(drawing, fleet)))


def _boxes(drawing: ModuleType, fleet: Sequence[Member]) -> Iterator[Any]:
    for member in {member.name: member for member in fleet}.values():
        kind = "in step" if member.in_step else "with findings" if member.report else "context"
        yield drawing.Box(key=member.name, label=member.name, kind=kind, note=f"{member.name}: {member.owner or '?'}")
    absent = {consumption.source for consumption in consumptions(fleet) if consumption.publisher is None}
    for name in sorted(absent):
        yield drawing.Box(key=name, label=name, kind="not in this fleet", note=f"{name} is not in this fleet")


def _arrows(drawing: ModuleType, fleet: Sequence[Member]) -> Iterator[Any]:
    reactions = {
        (member.name, reaction["source"], reaction["event"]): f": {reaction['rule']}"
        for member in fleet
        for reaction in member.reactions
    }
    for (publisher, consumer), labels in pairs(consumptions(fleet)).items():
        note = "; ".join(
            f"{label} ({', '.join(stacks)}){reactions.get((consumer, publisher, label), '')}"
            for label, stacks in sorted(labels.items())
        )
        yield drawing.Arrow(source=publisher, target=consumer, note=f"{consumer} consumes {publisher}: {note}")
