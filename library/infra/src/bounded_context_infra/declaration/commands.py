"""The contradictions of a context's commands, of their functions and of their refusals."""

import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import Any, Final

from bounded_context.declaration.structure import Structure
from bounded_context.domain.aggregate import BusinessError, Change, Command, Unavailable

from .names import repeated

_ROUTE: Final = re.compile(r"(DELETE|PATCH|POST|PUT) (/[A-Za-z0-9._-]+|/\{[a-z0-9_]+\})+")
_EVENT: Final = re.compile(r"[A-Z][A-Za-z0-9]*")
_HOOKS: Final = ("pre_traffic", "post_traffic")


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the commands, their functions and their refusals."""
    yield from _commands(context)
    yield from _statuses(context)
    yield from _transitions(context)
    yield from _functions(context)
    yield from _errors(context)


def _commands(context: Structure[Any]) -> Iterator[str]:
    for name in repeated(command.name for command in context.commands):
        yield f"commands has {name} twice: name each once."
    for kind in ("creates", "deletes"):
        count = sum(command.kind == kind for command in context.commands)
        if count != 1:
            yield f"commands has {count} that {kind}: write one."
    for command in context.commands:
        yield from _command(context, command)


def _command(context: Structure[Any], command: Command[Any, Any]) -> Iterator[str]:
    base = context.details if command.kind == "creates" else Change
    if command.model.identity != context.identity:
        yield f"commands: the first field of {command.name} is {command.model.identity!r}: name {context.identity}."
    elif not issubclass(command.model, base):
        yield f"commands: {command.name} {command.kind}, so its class must be made from {base.__name__}."
    if not callable(command.rule):
        yield f"commands: {command.name} has no rule: write the function {command.function} as its second argument."
    if not _EVENT.fullmatch(command.event):
        example = f"write it in PascalCase, such as {context.title}Verified"
        yield f"commands: the event of {command.name} is {command.event!r}: {example}."
    if command.route is not None:
        yield from _route(context, command)


def _route(context: Structure[Any], command: Command[Any, Any]) -> Iterator[str]:
    example = f"PUT /{context.plural}/{{{context.identity}}}/{command.action(context.title)}"
    if not _ROUTE.fullmatch(command.route or ""):
        yield f"commands: the route of {command.name} is {command.route!r}: write a method and a path, as in {example}."
    for name in re.findall(r"\{(\w+)\}", command.route or ""):
        if name not in command.model.model_fields:
            yield f"commands: the route of {command.name} has {{{name}}}, which is not one of its fields."


def _statuses(context: Structure[Any]) -> Iterator[str]:
    with_status = [command for command in context.commands if command.status is not None]
    for command in with_status:
        if not isinstance(command.status, context.statuses):
            yield f"commands: {command.name} sets {command.status!r}, which is not a status of {context.title}."
    for name in repeated(str(command.status) for command in with_status):
        yield f"commands: two set the status {name}, which determines the event: give each command its own status."
    for status in context.statuses:
        if status not in {command.status for command in with_status}:
            yield f"commands: no command sets {status}: remove it from {context.statuses.__name__}, or add a command."


def _transitions(context: Structure[Any]) -> Iterator[str]:
    for command in context.commands:
        if command.kind != "creates":
            yield from _starts(context, command)
    reached = _reachable(context)
    for command in context.commands:
        if command.status not in reached:
            fault = f"{command.status} cannot be reached from {context.initial_status}"
            yield f"commands: {fault}: let {command.name} start after a status that can be reached."


def _starts(context: Structure[Any], command: Command[Any, Any]) -> Iterator[str]:
    if not command.after:
        yield f"commands: after of {command.name} is empty: name the statuses from which it may start."
    for status in command.after:
        if not isinstance(status, context.statuses):
            yield f"commands: {command.name} starts after {status!r}, which is not a status of {context.title}."
    for name in repeated(str(status) for status in command.after):
        yield f"commands: after of {command.name} has {name} twice: name each once."
    if command.status in command.after:
        yield f"commands: {command.name} starts after {command.status}, which it sets: remove it from after."


def _reachable(context: Structure[Any]) -> set[StrEnum | None]:
    """Return the statuses that an aggregate can have, and None for a deleted aggregate."""
    reached: set[StrEnum | None] = {context.initial_status, None}
    while more := {command.status for command in context.commands if reached & {*command.after}} - reached:
        reached |= more
    return reached


def _functions(context: Structure[Any]) -> Iterator[str]:
    for name in repeated((*context.functions, *_HOOKS)):
        field = "verification" if name == context.verification else "commands"
        yield f"{field}: there would be two functions {name}: choose another name."
    for route in repeated(map(shape, context.routes.values())):
        yield f"commands: two have the route {route}: choose another name, or write a route."


def shape(route: str) -> str:
    """Return a route without the names of its variables. API Gateway refuses two routes of one shape."""
    return re.sub(r"\{\w+\}", "{}", route)


def _errors(context: Structure[Any]) -> Iterator[str]:
    codes = (*repeated(context.refusals), BusinessError.code)
    yield from (f"errors: {sentence}" for sentence in bad_errors(context.own_errors, codes))
    for error in context.own_errors:
        fields = {
            name
            for command in context.commands
            if error in context.errors_of(command)
            for name in command.model.model_fields
        }
        if error.field and error.field not in fields:
            problem = f"errors: the field of {error.__name__} is {error.field!r}, which none of its commands has"
            yield f"{problem}: write one of {', '.join(sorted(fields))}."


def bad_errors(errors: Iterable[type[BusinessError]], codes: Collection[str]) -> Iterator[str]:
    """Yield a sentence for each refusal with a bad status, or whose code is among these codes of others."""
    for error in errors:
        if error.code in codes:
            yield f"the code of {error.__name__} is {error.code!r}, which is in use: choose another code."
        if issubclass(error, Unavailable):
            if error.status != Unavailable.status:
                yield f"the status of {error.__name__} is {error.status}: leave it at {Unavailable.status}."
        elif not 400 <= error.status <= 499:
            yield f"the status of {error.__name__} is {error.status}: write a status from 400 to 499."
