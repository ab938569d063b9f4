"""The contradictions of references to other contexts' aggregates, of copies of them, and of reactions to events."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context.declaration.structure import Structure
from bounded_context.domain.fields import kind_of
from bounded_context.domain.reactions import Copy, Reaction
from bounded_context.domain.spelling import instead

from .names import SNAKE

_LABEL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_REFERRING: Final = ("text", "identifier", None)


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the references and the reactions."""
    yield from _references(context)
    yield from _copies(context.references)
    yield from _reactions(context)


def _references(context: Structure[Any]) -> Iterator[str]:
    details = context.details
    for name, kind in context.references.items():
        if name not in details.model_fields:
            fault = f"references has {name!r}, which is not a field of {details.__name__}"
            yield f"{fault}: {instead(name, details.model_fields)}."
        elif kind_of(details.model_fields[name]) not in _REFERRING:
            yield f"references has {name!r}, which is not a text: name a field that contains an id."
        if not SNAKE.fullmatch(kind):
            yield f"references: {name} refers to {kind!r}: write it in snake_case."
        elif kind in (context.name, "list"):
            yield f"references: {name} refers to {kind!r}, which is the name of this context's own items: rename it."


def _reactions(context: Structure[Any]) -> Iterator[str]:
    for reaction in context.reactions:
        yield from _faults(context, reaction)
    names = Counter((reaction.source.replace("-", "_"), reaction.event) for reaction in context.reactions)
    for (source, event), count in names.items():
        if count > 1:
            yield f"reactions has {count} to {event} of {source}: write one, whose rule decides."


def _faults(context: Structure[Any], reaction: Reaction[Any]) -> Iterator[str]:
    what = f"reactions: the reaction to {reaction.event} of {reaction.source}"
    source = reaction.source.replace("-", "_")
    if not SNAKE.fullmatch(source):
        yield f"reactions: the source {reaction.source!r} is no context: write its name in snake_case."
    elif source == context.name:
        yield f"{what} is a cycle: {context.title} would react to its own events. Write the effect into its commands."
    if not _LABEL.fullmatch(reaction.event):
        yield f"reactions: {reaction.event!r} is no event of {reaction.source}: write its type, such as OrderPlaced."
    if not callable(reaction.rule):
        yield f"{what} has no rule: write a function of the event and a {context.title} as its third argument."
    if reaction.by not in (context.identity, *context.queried_fields):
        is_stored = reaction.by in context.stored_fields
        remedy = f"write {reaction.by!r} into queried_by" if is_stored else f"write a field of {context.title}"
        yield f"{what} has by={reaction.by!r}, which has no index: {remedy}."


def _copies(references: Mapping[str, str]) -> Iterator[str]:
    for name, kind in references.items():
        fields = kind.fields if isinstance(kind, Copy) else None
        if fields is None:
            continue
        if not isinstance(fields, tuple) or not fields:
            yield f"references: the copy of {name} has the fields {fields!r}: write a tuple of names."
        elif len({*fields}) != len(fields) or not all(isinstance(field, str) and field for field in fields):
            yield f"references: the copy of {name} has the fields {fields!r}: name each field once."
