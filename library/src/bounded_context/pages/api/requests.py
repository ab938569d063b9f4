"""Requests to copy: one of curl for each operation, in the order in which they work."""

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
    """Where the requests go: `variables` are exported before them, and `where` says to people what is there.

    `known` has values for parameters, by their names, for which something is there.
    """

    where: str
    variables: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)


ANYWHERE: Final = Called(
    "Fill in the address, which is an output of the stack, and the credentials of whoever calls.",
    {
        "API": "...",
        "AWS_REGION": "...",
        "AWS_ACCESS_KEY_ID": "...",
        "AWS_SECRET_ACCESS_KEY": "...",
        "AWS_SESSION_TOKEN": "",
    },
)


def exports(called: Called) -> str:
    """Return the lines of a shell that let the requests below them work."""
    return "\n".join(f"export {name}={shlex.quote(said)}" for name, said in called.variables.items())


def operations(made: Document) -> list[Found]:
    """Return the operations of a document: what creates, reads, changes (in turn), and deletes."""
    found = [(path, method.upper(), one) for path, methods in made["paths"].items() for method, one in methods.items()]
    return sorted(found, key=lambda one: _turn(made, one))


def starts(operation: dict[str, Any]) -> str:
    """Return from which statuses a command starts, as its refusal says; empty if from all of them."""
    found = _STARTS.search(operation["responses"].get("409", {}).get("description", ""))
    return found[1] if found else ""


def _turn(made: Document, found: Found) -> tuple[int, int, str]:
    path, method, operation = found
    if "201" in operation["responses"]:
        return 0, 0, path
    begins = [number for number, one in enumerate(_statuses(made)) if f"`{one}`" in starts(operation)]
    return {"GET": 1, "DELETE": 3}.get(method, 2), min(begins, default=0), path


def _statuses(made: Document) -> list[str]:
    """Return the statuses, which a thing reaches in this order."""
    shown = made["components"]["schemas"]["View"]["properties"]["status"]
    return made["components"]["schemas"][shown["$ref"].rpartition("/")[2]]["enum"] if "$ref" in shown else []


def request(made: Document, found: Found, called: Called) -> str:
    """Return one request as a command of a shell; its variables are those of `exports`."""
    path, method, operation = found
    known = {**samples(made), **called.known}
    named = [one for one in operation["parameters"] if "name" in one]
    for one in named:
        if one["in"] == "path":
            path = path.replace(f"{{{one['name']}}}", value(made, one, known))
    parts = [f'{_verb(method)}"$API{path}{_query(made, named, known)}"', *_AUTHORISED, *_body(operation)]
    return "curl -i " + " \\\n  ".join(parts)


def _verb(method: str) -> str:
    return "" if method == "GET" else f"-X {method} "


def _query(made: Document, named: list[dict[str, Any]], known: Mapping[str, Any]) -> str:
    """Return the question of a query that has to have one.

    Of a list in a status, whichever of both has an index: the other narrows it down. Or else of the first field.
    """
    asked = {one["name"]: one for one in named if one["in"] == "query" and one["name"] not in _PAGING}
    chosen = [name for name in _COMMON if name in asked] or list(asked)[:1]
    return "?" + "&".join(f"{name}={value(made, asked[name], known)}" for name in chosen) if chosen else ""


def _body(operation: dict[str, Any]) -> Iterator[str]:
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        yield f'-H "Content-Type: {kind}"'
        yield f"-d {shlex.quote(json.dumps(content['example'], indent=2, ensure_ascii=False))}"
