"""curl requests to copy, one for each operation, in an order in which they succeed."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .samples import samples, value

Document = dict[str, Any]
Found = tuple[str, str, dict[str, Any]]
"""A path, a method in capitals, and the operation."""

_AUTHORISED: Final = (
    '--aws-sigv4 "aws:amz:$AWS_REGION:execute-api"',
    '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"',
    '-H "x-amz-security-token: $AWS_SESSION_TOKEN"',
)
_STARTS: Final = re.compile(r"\(`illegal-move`\): it starts from ([^.]+)\.")
_PAGING: Final = ("limit", "cursor")
_COMMON: Final = ("list_id", "status")


@dataclass(frozen=True)
class Called:
    """The destination of the requests. `variables` are exported before the requests; `where` describes them.

    `known` has parameter values, by name, that exist at the destination.
    """

    where: str
    variables: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)


ANYWHERE: Final = Called(
    "Fill in the address, which is an output of the stack, and the caller's credentials.",
    {
        "API": "...",
        "AWS_REGION": "...",
        "AWS_ACCESS_KEY_ID": "...",
        "AWS_SECRET_ACCESS_KEY": "...",
        "AWS_SESSION_TOKEN": "",
    },
)


def exports(called: Called) -> str:
    """Return shell lines that export the variables of the requests."""
    return "\n".join(f"export {name}={shlex.quote(text)}" for name, text in called.variables.items())


def operations(made: Document) -> list[Found]:
    """Return the operations of a document in this order: create, read, change (by status), delete."""
    found = [
        (path, method.upper(), operation)
        for path, methods in made["paths"].items()
        for method, operation in methods.items()
    ]
    return sorted(found, key=lambda operation: _turn(made, operation))


def starts(operation: dict[str, Any]) -> str:
    """Return the statuses that a command starts from, read from its rejection; empty if it starts from all statuses."""
    found = _STARTS.search(operation["responses"].get("409", {}).get("description", ""))
    return found[1] if found else ""


def _turn(made: Document, found: Found) -> tuple[int, int, str]:
    path, method, operation = found
    if "201" in operation["responses"]:
        return 0, 0, path
    begins = [number for number, status in enumerate(_statuses(made)) if f"`{status}`" in starts(operation)]
    return {"GET": 1, "DELETE": 3}.get(method, 2), min(begins, default=0), path


def _statuses(made: Document) -> list[str]:
    """Return the statuses in the order in which an aggregate reaches them."""
    shown = made["components"]["schemas"]["View"]["properties"]["status"]
    return made["components"]["schemas"][shown["$ref"].rpartition("/")[2]]["enum"] if "$ref" in shown else []


def request(made: Document, found: Found, called: Called) -> str:
    """Return a request as a shell command that uses the variables of `exports`."""
    path, method, operation = found
    known = {**samples(made), **called.known}
    named = [parameter for parameter in operation["parameters"] if "name" in parameter]
    for parameter in named:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", value(made, parameter, known))
    parts = [f'{_verb(method)}"$API{path}{_query(made, named, known)}"', *_AUTHORISED, *_body(operation)]
    return "curl -i " + " \\\n  ".join(parts)


def _verb(method: str) -> str:
    return "" if method == "GET" else f"-X {method} "


def _query(made: Document, named: list[dict[str, Any]], known: Mapping[str, Any]) -> str:
    """Return the query string of a list query, which needs a condition.

    Uses the list and the status if both are parameters, since one of them has an index. Otherwise uses the first field.
    """
    parameters = {
        parameter["name"]: parameter
        for parameter in named
        if parameter["in"] == "query" and parameter["name"] not in _PAGING
    }
    chosen = [name for name in _COMMON if name in parameters] or list(parameters)[:1]
    return "?" + "&".join(f"{name}={value(made, parameters[name], known)}" for name in chosen) if chosen else ""


def _body(operation: dict[str, Any]) -> Iterator[str]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f'-H "Content-Type: {kind}"'
        yield f"-d {shlex.quote(json.dumps(content['example'], indent=2, ensure_ascii=False))}"
