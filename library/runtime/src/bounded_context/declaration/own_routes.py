"""The own routes of a repository: typed functions in ``src/<context>/routes.py``.

A route is declared once, by the decorator `route`. The handler, the API, the permissions and the OpenAPI document
follow from it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from inspect import isclass, signature
from typing import Any, Final, TypeVar, get_type_hints

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..domain.aggregate import BusinessError
from .context import BadContext, Context, check

MODULE: Final = "routes"
"""The module, or the package, of a context's package with its own routes."""

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
        check("route", context, own, others)
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
