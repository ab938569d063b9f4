"""The routes of a context's HTTP API, their scopes and deprecations: those of the declaration, and the own routes."""

from typing import Any

from bounded_context.declaration.context import Context
from bounded_context.declaration.own_routes import own_routes


def all_routes(context: Context[Any]) -> dict[str, str]:
    """Return the key of each function's route: those of commands and queries, and the own routes."""
    return {**context.routes, **{name: own.key for name, own in own_routes(context).items()}}


def all_scopes(context: Context[Any]) -> dict[str, tuple[str, ...]]:
    """Return the scopes of each function's route that requires a scope."""
    own = {name: own.scopes for name, own in own_routes(context).items() if own.scopes}
    return {**context.scopes, **own}


def all_deprecated(context: Context[Any]) -> dict[str, str]:
    """Return the days of each deprecated contract: major versions of events, functions with a route, and own routes."""
    own = {name: own.deprecated for name, own in own_routes(context).items() if own.deprecated}
    return {**context.deprecated, **own}
