"""The judge of a declaration: it has what the answers name, and nothing else."""

from collections.abc import Iterator
from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.domain.fields import choices, is_personal, kind_of

from template.answers import NONE, PERSONAL, read_commands, read_fields, read_subscribers
from template.field_types import TYPES, values_of

from .generator import Answers


def declared_faults(context: Context[Any], answers: Answers) -> Iterator[str]:
    """Yield a sentence for each difference between a declaration and the answers."""
    for name, answered, declared in (
        ("fields", _answered_fields(answers), _fields(context)),
        ("commands", _answered_commands(answers), [(c.name, c.kind, c.event) for c in context.commands]),
        ("subscribers", list(read_subscribers(answers["subscribers"])), list(context.subscribers)),
        ("aggregate", answers["context_name"], context.aggregate.__name__),
        ("plural", answers["plural"].lower(), context.plural.replace("_", "")),
        ("display_name", answers["display_name"], context.display_name),
        ("owner", answers["owner"], context.owner),
        ("api", answers["api"] != NONE, context.api),
        ("lists", answers["lists"] != NONE, context.has_lists),
    ):
        if answered != declared:
            yield f"{name}: the answer is {answered}, and the declaration has {declared}."


def _answered_commands(answers: Answers) -> list[tuple[str, str, str]]:
    commands = read_commands(answers["commands"], answers["context_name"])
    return [(command.name, command.kind, command.event) for command in commands]


def _answered_fields(answers: Answers) -> list[tuple[str, object, bool]]:
    words = [word.split(":") for word in answers["fields"].split()]
    assert len(words) == len(read_fields(answers["fields"]))
    return [(name, values_of(kind) or TYPES[kind].kind, PERSONAL in mark) for name, kind, *mark in words]


def _fields(context: Context[Any]) -> list[tuple[str, object, bool]]:
    identity, *others = context.details.model_fields.items()
    assert identity[0] == context.identity
    return [(name, choices(field) or kind_of(field), is_personal(field)) for name, field in others]
