"""Deprecated contracts in the committed documents: none is removed before its day, and none stays after its day."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from bounded_context import today
from bounded_context.declaration.context import Context
from bounded_context.declaration.deprecation import Deprecation
from bounded_context.declaration.own_routes import own_routes
from bounded_context.domain.events import versioned
from bounded_context_infra.configuration.routes import all_deprecated, all_routes

from .baseline import Baseline
from .compatibility import declaration_file

ASYNC_API: Final = "events/asyncapi.json"
OPEN_API: Final = "docs/api/openapi.json"
END: Final = "x-sunset"
"""The member of an operation or a message with the day from which it may be removed."""


def marks(context: Context[Any], name: str) -> dict[str, Any]:
    """Return the members of a message or an operation in its document; empty if it is not deprecated."""
    text = all_deprecated(context).get(name)
    return {} if text is None else {"deprecated": True, END: Deprecation.read(text).end.isoformat()}


def removed_early(context: Context[Any], baseline: Baseline) -> Iterator[str]:
    """Yield a sentence for each contract that is removed before its committed day, or whose day became earlier."""
    present = {versioned(event, version) for event in context.events for version in context.published(event)}
    present |= {*all_routes(context).values()}
    for name, contract, day in _committed(baseline):
        text = all_deprecated(context).get(name)
        end = Deprecation.read(text).end.isoformat() if text else day
        if contract not in present and today().isoformat() < day:
            yield f"{contract} is gone, and its document promises it until {day}: restore it until that day."
        elif contract in present and end < day:
            fault = f"{name} is deprecated until {end}, and its document says {day}"
            yield f"{_file(context, name)}: {fault}: write {day} or later."


def overdue(context: Context[Any]) -> Iterator[str]:
    """Yield a sentence for each contract that is still there after its day."""
    for name, text in all_deprecated(context).items():
        end = Deprecation.read(text).end
        if end < today():
            fault = f"{name} was deprecated until {end}, which has passed"
            yield f"{_file(context, name)}: {fault}: remove it, or write a later day."


def _file(context: Context[Any], name: str) -> str:
    """Return the file that declares a deprecation."""
    own = own_routes(context).get(name)
    return f"src/{own.function.__module__.replace('.', '/')}.py" if own else declaration_file(context)


def _committed(baseline: Baseline) -> Iterator[tuple[str, str, str]]:
    """Yield each contract that the committed documents mark as deprecated: its name, the version or route, its day."""
    for message in _read(baseline, ASYNC_API).get("components", {}).get("messages", {}).values():
        if END in message:
            data = message["payload"]["allOf"][1]["properties"]["data"]["$ref"]
            version = data.rpartition("/")[2].removesuffix(".json")
            name = versioned(message["name"], version)
            yield name, name, message[END]
    for path, operations in _read(baseline, OPEN_API).get("paths", {}).items():
        for method, operation in operations.items():
            if END in operation:
                yield operation["operationId"], f"{method.upper()} {path}", operation[END]


def _read(baseline: Baseline, path: str) -> Mapping[str, Any]:
    return json.loads(baseline.text(path) or "{}")
