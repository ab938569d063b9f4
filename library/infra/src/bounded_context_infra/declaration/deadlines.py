"""The contradictions of a context's deadlines."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from bounded_context.declaration.structure import Structure
from bounded_context.domain.aggregate import Change
from bounded_context.domain.deadlines import LONGEST, Deadline


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the deadlines."""
    for deadline in context.deadlines:
        yield from _of(context, deadline)
    for status, count in Counter(str(deadline.status) for deadline in context.deadlines).items():
        if count > 1:
            yield f"deadlines: {status} has {count}: write one deadline for a status."


def _of(context: Structure[Any], deadline: Deadline[Any]) -> Iterator[str]:
    if str(deadline.status) not in map(str, context.statuses):
        statuses = ", ".join(map(str, context.statuses))
        yield f"deadlines: {str(deadline.status)!r} is not a status of {context.title}: write one of {statuses}."
        return
    place = f"deadlines: {deadline.status}"
    if not isinstance(deadline.after, timedelta) or not timedelta() < deadline.after <= LONGEST:
        remedy = f"write a time above 0 of at most {LONGEST.days} days, such as timedelta(days=30)"
        yield f"{place} is due after {deadline.after}: {remedy}."
    if isinstance(deadline.command, type) or not callable(deadline.command):
        yield f"{place} has the command {deadline.command!r}: write a function of the aggregate that returns a command."
        return
    for model in _returned(deadline):
        yield from _command(context, deadline, place, model)


def _returned(deadline: Deadline[Any]) -> tuple[Any, ...]:
    """Return the types that the rule's annotation names, except None; empty if they are unknown."""
    try:
        annotation = get_type_hints(deadline.command).get("return", Any)
    except (AttributeError, NameError, TypeError):
        return ()
    members = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)
    return tuple(member for member in members if member not in (Any, Change, type(None)))


def _command(context: Structure[Any], deadline: Deadline[Any], place: str, model: Any) -> Iterator[str]:
    rule, name = getattr(deadline.command, "__name__", "its rule"), getattr(model, "__name__", str(model))
    command = next((command for command in context.commands if command.model is model), None)
    if command is None or command.kind == "creates":
        yield f"{place}: {rule} returns {name}, which is no command that changes or deletes: name it in commands."
    elif command.kind == "adds":
        remedy = "return a command that changes or deletes"
        yield f"{place}: {rule} returns {name}, which adds a child and leaves the status due: {remedy}."
    elif deadline.status not in command.after:
        yield f"{place}: {rule} returns {name}, which does not start after it: add the status to after of {name}."
