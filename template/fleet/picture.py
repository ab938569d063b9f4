"""Who hears whom, drawn by the library's own means, which need the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import Any

from ..alone import alone
from .hearing import hearings, pairs
from .members import Member


def picture(fleet: Sequence[Member]) -> str:
    """Return a drawing of a fleet as SVG: a box for each context, an arrow from whom is heard to who hears."""
    drawing = alone("drawing")
    return drawing.svg("Who hears whom", list(_boxes(drawing, fleet)), list(_arrows(drawing, fleet)))


def _boxes(drawing: ModuleType, fleet: Sequence[Member]) -> Iterator[Any]:
    for member in {one.name: one for one in fleet}.values():
        kind = "in step" if member.in_step else "to be looked at"
        yield drawing.Box(key=member.name, label=member.name, kind=kind, note=f"{member.name}: {member.owner or '?'}")
    strangers = {one.source for one in hearings(fleet) if one.publisher is None}
    for name in sorted(strangers):
        yield drawing.Box(key=name, label=name, kind="not in this fleet", note=f"{name} is not in this fleet")


def _arrows(drawing: ModuleType, fleet: Sequence[Member]) -> Iterator[Any]:
    for (publisher, hearer), labels in pairs(hearings(fleet)).items():
        note = "; ".join(f"{label} ({', '.join(stacks)})" for label, stacks in sorted(labels.items()))
        yield drawing.Arrow(source=publisher, target=hearer, note=f"{hearer} hears {publisher}: {note}")
