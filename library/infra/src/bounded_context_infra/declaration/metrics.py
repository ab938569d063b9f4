"""The contradictions of the names of a context's metrics."""

from collections.abc import Iterator
from typing import Any

from bounded_context.declaration.structure import Structure

from .names import repeated


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each metric whose name is repeated."""
    twice = repeated(measure.name for measure in context.measures.all)
    for event in context.changes:
        if event in twice:
            yield f"commands: the event {event} has the name of another metric: choose another name."
    for field, measure in context.measures.amounts_imported.items():
        if measure.name in twice:
            yield f"aggregate: its field {field!r} has the name of another metric, {measure.name}: rename it."
