"""The contradictions of what callers and subscribers see: scopes and events."""

import re
from collections.abc import Iterator
from typing import Any, Final

from bounded_context.declaration.structure import Structure
from bounded_context.domain.events import FIRST_VERSION, major
from bounded_context.domain.spelling import instead

from .names import repeated

_VERSION: Final = re.compile(r"[1-9][0-9]*\.[0-9]+")
_SCOPE: Final = re.compile(r"[!#-\[\]-~]{1,64}")
"""A scope (RFC 6749, section 3.3) within the length that API Gateway accepts ("CreateRoute")."""

_MOST_SCOPES: Final = 10
"""Maximum scopes of a route (API Gateway, "Quotas for configuring and running an HTTP API")."""

SCOPES: Final = f"a tuple of 1 to {_MOST_SCOPES} scopes without spaces, each of at most 64 characters"


def contradictions(context: Structure[Any]) -> Iterator[str]:
    """Yield a sentence for each contradiction of the scopes, the events and their versions."""
    yield from _scopes(context)
    yield from _events(context)
    yield from _previous_version(context)


def _scopes(context: Structure[Any]) -> Iterator[str]:
    for function, scopes in context.scopes.items():
        if function not in context.routes:
            yield f"scopes names {function}, which has no route: {instead(function, context.routes)}."
        elif not scopes or not are_scopes(scopes):
            yield f"scopes of {function} are {scopes!r}: write {SCOPES}."


def are_scopes(scopes: Any) -> bool:
    """Return whether a value is a tuple of scopes, which may be empty."""
    return isinstance(scopes, tuple) and len(scopes) <= _MOST_SCOPES and all(map(_SCOPE.fullmatch, scopes))


def _events(context: Structure[Any]) -> Iterator[str]:
    for event in repeated(context.events):
        yield f"commands: there are two events {event}: choose another name."
    for event, version in context.versions.items():
        if event not in context.events:
            yield f"versions has {event}, which no command raises: {instead(event, context.events)}."
        elif not _VERSION.fullmatch(version):
            yield f"versions: {event} has {version!r}: write <major>.<minor>, such as 1.0."


def _previous_version(context: Structure[Any]) -> Iterator[str]:
    for event, version in context.previous_version.versions.items() if context.previous_version else ():
        if event not in context.changes:
            yield f"previous_version has {event}, which no command raises: {instead(event, context.changes)}."
            continue
        today = context.versions.get(event, FIRST_VERSION)
        if not _VERSION.fullmatch(version) or major(version) + 1 != major(today):
            yield (
                f"previous_version: {event} has {version!r}, and its current version is {today!r}: "
                "write a version of the previous major version."
            )
