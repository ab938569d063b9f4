"""Policy documents as the emulator can take them; each change is said in the request's `adapted`."""

import json
from collections.abc import Iterator
from typing import Any

from .registry import Request

EMULATORS_ACTIONS = {
    "sns:Publish": "sns:PublishBatch",
    "dynamodb:PartiQLInsert": "dynamodb:PutItem",
    "lambda:GetAlias": "lambda:ListAliases",
    "lambda:UpdateAlias": "lambda:ListAliases",
}
"""What the emulator asks for by the action that allows the call on AWS."""


def without_tls_statements(request: Request, document: str) -> str | None:
    """Return a resource policy without the statements that refuse plain HTTP; None when nothing else is in it."""
    policy = json.loads(document)
    kept = [statement for statement in as_list(policy["Statement"]) if not _only_about_tls(statement)]
    if len(kept) < len(policy["Statement"]):
        request.adapted.append("the statement that refuses plain HTTP is left out: the emulator speaks plain HTTP")
    return json.dumps(policy | {"Statement": kept}) if kept else None


def _only_about_tls(statement: dict[str, Any]) -> bool:
    return statement["Effect"] == "Deny" and "aws:SecureTransport" in json.dumps(statement.get("Condition", {}))


def as_emulator_asks(request: Request, document: str) -> str:
    """Return a role's policy that also allows what the emulator asks for in the place of what AWS asks for."""
    policy = json.loads(document)
    statements = as_list(policy["Statement"])
    allowing = [one for one in statements if one["Effect"] == "Allow" and "Action" in one]
    more = [wider for statement in allowing for wider in _wider(request, statement)]
    return json.dumps(policy | {"Statement": [*statements, *more]})


def _wider(request: Request, statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what has to be allowed besides a statement."""
    for action in as_list(statement["Action"]):
        if other := EMULATORS_ACTIONS.get(action):
            request.adapted.append(f"{other} goes with {action}: the emulator asks for it, AWS does not")
            yield statement | {"Action": other}


def as_list(value: Any) -> list[Any]:
    """Return IAM's "one or many" as a list."""
    return value if isinstance(value, list) else [value]
