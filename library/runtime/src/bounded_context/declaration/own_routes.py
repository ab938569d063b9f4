"""The own routes of a repository: typed functions in ``src/<context>/routes.py``, and their contradictions.

A route is declared once, by the decorator `route`. The handler, the API, the permissions and the OpenAPI document
follow from it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from inspect import isclass, signature
from typing import Any, Final, TypeVar, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..domain.aggregate import BusinessError
from ..domain.fields import no_cells
from .context import SCOPES, BadContext, Context, are_scopes, bad_errors

MODULE: Final = "routes"
"""The module, or the package, of a context's package with its own routes."""

_METHODS: Final = ("DELETE", "GET", "PATCH", "POST", "PUT")
_KEY: Final = re.compile(rf"({'|'.join(_METHODS)}) (/[A-Za-z0-9._-]+|/\{{[a-z0-9_]+\}})+")
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
_WITHOUT_BODY: Final = ("DELETE", "GET")


@dataclass(frozen=True)
class OwnRoute:
    """An own route: ``GET /policies/{policy_id}/summary``, the function, and the models of its request and answer."""

    key: str
    function: Callable[..., BaseModel]
    request: type[BaseModel] | None
    answer: type[BaseModel]
    scopes: tuple[str, ...]
    errors: tuple[type[BusinessError], ...]
    status: int
    settings: type[BaseModel] | None
    deprecated: str | None

    @property
    def name(self) -> str:
        """The name of its function, on AWS too."""
        return self.function.__name__

    @property
    def parameters(self) -> Mapping[str, FieldInfo]:
        """The fields of the request in the path or the query; the others are in the body."""
        fields = self.request.model_fields if self.request else {}
        in_query = self.key.startswith(_WITHOUT_BODY)
        return {name: field for name, field in fields.items() if in_query or name in self.in_path}

    @property
    def in_path(self) -> tuple[str, ...]:
        """The names of the path parameters."""
        return tuple(_VARIABLE.findall(self.key))


_declared: Final[dict[str, dict[str, OwnRoute]]] = {}
"""The routes by the context's name, then by their function's name."""


def own_routes(context: Context[Any]) -> Mapping[str, OwnRoute]:
    """Return the own routes of a context by the names of their functions. Imports the module that declares them.

    Raises:
        BadContext: a route contradicts itself, or another route.
    """
    if find_spec(context.name) and find_spec(f"{context.name}.{MODULE}"):
        import_module(f"{context.name}.{MODULE}")
    return _declared.get(context.name, {})


F = TypeVar("F", bound=Callable[..., BaseModel])


def route(
    context: Context[Any],
    key: str,
    *,
    scopes: tuple[str, ...] = (),
    errors: tuple[type[BusinessError], ...] = (),
    status: int = 200,
    settings: type[BaseModel] | None = None,
    deprecated: str | None = None,
) -> Callable[[F], F]:
    """Return the decorator that makes a function of ``routes.py`` an own route of the HTTP API.

    The function takes a pydantic model, or nothing, and returns a pydantic model. Fields that the path names are path
    parameters. The other fields are query parameters of GET and DELETE, and members of the body of other methods. The
    decorated function stays callable with its model.

    Args:
        context: the context whose API gets the route.
        key: the method and the path, such as ``GET /policies/{policy_id}/summary``.
        scopes: the OAuth scopes of which a caller's token needs one.
        errors: the refusals that the function may raise.
        status: the status of the answer, 200 to 203.
        settings: the model of the function's environment variables, by default `TableSettings`.
        deprecated: the first day of its deprecation, and the day from which it may be removed:
            ``2026-12-01/2027-03-31``.

    Raises:
        BadContext: the route contradicts itself, or another route of the context.
    """

    def decorate(function: F) -> F:
        own = OwnRoute(key, function, *_models(function), scopes, errors, status, settings, deprecated)
        routes = _declared.setdefault(context.name, {})
        # A module may be imported again: its functions replace those of the first import.
        again = own.name in routes and routes[own.name].function.__module__ == function.__module__
        others = [other for name, other in routes.items() if not again or name != own.name]
        for contradiction in _contradictions(context, own, others):
            raise BadContext(f"routes: {own.name}: {contradiction}")
        routes[own.name] = own
        return function

    return decorate


def _models(function: Callable[..., Any]) -> tuple[type[BaseModel] | None, type[BaseModel]]:
    """Return the models of a function's request and answer. Raises BadContext."""
    name = function.__name__
    try:
        types = get_type_hints(function)
    except NameError as error:
        raise BadContext(f"routes: {name}: {error}: define or import its models above it.") from error
    answer, parameters = types.pop("return", None), [*signature(function).parameters]
    if not _is_model(answer):
        raise BadContext(f"routes: {name} returns {_named(answer)}: annotate a pydantic model.")
    if len(parameters) > 1 or not all(_is_model(types.get(parameter)) for parameter in parameters):
        raise BadContext(f"routes: {name} takes ({', '.join(parameters)}): annotate one parameter, a pydantic model.")
    return types.get(parameters[0]) if parameters else None, answer


def _is_model(kind: Any) -> bool:
    return isclass(kind) and issubclass(kind, BaseModel)


def _named(kind: Any) -> str:
    return "nothing" if kind is None else str(getattr(kind, "__name__", kind))


def _contradictions(context: Context[Any], own: OwnRoute, others: list[OwnRoute]) -> Iterator[str]:
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
    if own.deprecated is not None:
        from .deprecation import remedy_of

        if remedy := remedy_of(own.deprecated, is_route=True):
            yield f"its deprecation is {own.deprecated!r}: {remedy}."


def _place(context: Context[Any], own: OwnRoute, others: list[OwnRoute]) -> Iterator[str]:
    module = f"{context.name}.{MODULE}"
    if own.function.__module__.split(".")[:2] != module.split("."):
        remedy = f"move it to src/{module.replace('.', '/')}.py"
        yield f"it is in {own.function.__module__}, which no tool imports: {remedy}."
    if own.name.startswith("_") or own.name in (*context.functions, *(other.name for other in others)):
        yield "its name begins with an underscore, or is that of another function: rename it."
    if not context.api:
        yield f"{context.title} has no HTTP API: write api=True in its context."


def _key(context: Context[Any], own: OwnRoute, others: list[OwnRoute]) -> Iterator[str]:
    if not _KEY.fullmatch(own.key):
        yield f"its route is {own.key!r}: write a method ({', '.join(_METHODS)}) and a path, as in GET /things/{{id}}."
    taken = {**context.routes, **{other.name: other.key for other in others}}
    for function, key in taken.items():
        if _VARIABLE.sub("{}", key) == _VARIABLE.sub("{}", own.key):
            yield f"its route {own.key} is that of {function}: choose another path."


def _parameters(own: OwnRoute) -> Iterator[str]:
    model = _named(own.request) if own.request else "a request that it takes"
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
