"""The contradictions of a repository's own routes."""

import re
from collections.abc import Iterator
from typing import Any, Final

from bounded_context.declaration.own_routes import MODULE, OwnRoute
from bounded_context.declaration.structure import Structure
from bounded_context.domain.aggregate import BusinessError
from bounded_context.domain.fields import no_cells

from .commands import bad_errors, shape
from .contract import SCOPES, are_scopes
from .deprecations import remedy_of

_METHODS: Final = ("DELETE", "GET", "PATCH", "POST", "PUT")
_KEY: Final = re.compile(rf"({'|'.join(_METHODS)}) (/[A-Za-z0-9._-]+|/\{{[a-z0-9_]+\}})+")


def contradictions(context: Structure[Any], own: OwnRoute, others: list[OwnRoute]) -> Iterator[str]:
    """Yield a sentence for each contradiction of an own route, with the context's other own routes."""
    return (f"routes: {own.name}: {contradiction}" for contradiction in _contradictions(context, own, others))


def _contradictions(context: Structure[Any], own: OwnRoute, others: list[OwnRoute]) -> Iterator[str]:
    yield from _place(context, own, others)
    yield from _key(context, own, others)
    yield from _parameters(own)
    if not are_scopes(own.scopes):
        yield f"its scopes are {own.scopes!r}: write {SCOPES}."
    known = {*context.business_errors, *(error for other in others for error in other.errors)}
    new = [error for error in own.errors if error not in known]
    yield from bad_errors(new, {BusinessError.code, *context.refusals, *(error.code for error in known)})
    if not 200 <= own.status <= 203:
        yield f"its status is {own.status}: write a status from 200 to 203, which has a body."
    if own.deprecated is not None and (remedy := remedy_of(own.deprecated, is_route=True)):
        yield f"its deprecation is {own.deprecated!r}: {remedy}."


def _place(context: Structure[Any], own: OwnRoute, others: list[OwnRoute]) -> Iterator[str]:
    module = f"{context.name}.{MODULE}"
    if own.function.__module__.split(".")[:2] != module.split("."):
        remedy = f"move it to src/{module.replace('.', '/')}.py"
        yield f"it is in {own.function.__module__}, which no tool imports: {remedy}."
    if own.name.startswith("_") or own.name in (*context.functions, *(other.name for other in others)):
        yield "its name begins with an underscore, or is that of another function: rename it."
    if not context.api:
        yield f"{context.title} has no HTTP API: write api=True in its context."


def _key(context: Structure[Any], own: OwnRoute, others: list[OwnRoute]) -> Iterator[str]:
    if not _KEY.fullmatch(own.key):
        yield f"its route is {own.key!r}: write a method ({', '.join(_METHODS)}) and a path, as in GET /things/{{id}}."
    routes = {**context.routes, **{other.name: other.key for other in others}}
    for function, key in routes.items():
        if shape(key) == shape(own.key):
            yield f"its route {own.key} is that of {function}: choose another path."


def _parameters(own: OwnRoute) -> Iterator[str]:
    model = own.request.__name__ if own.request else "a request that it takes"
    for name in own.in_path:
        if name not in own.parameters:
            yield f"its route has {{{name}}}, which is not a field of {model}: add the field, or correct the path."
        elif not own.parameters[name].is_required():
            yield f"{model}.{name} is in the path, and has a default: remove the default."
    for name, field in own.parameters.items():
        for member in no_cells(field):
            yield f"{model}.{name} is a {member}, which is not the text of a parameter: write it into a body of POST."
        if field.alias is not None:
            yield f"{model}.{name} has the alias {field.alias!r}: give a parameter the name of its field."
