"""Adaptation of policy documents to the emulator. Each change is listed in the request's `adapted`."""

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
"""Actions that the emulator requires, by the action that AWS requires for the same call."""


def without_tls_statements(request: Request, document: str) -> str | None:
    """Return a resource policy without the statements that deny plain HTTP; None without other statements."""
    policy = json.loads(document)
    remaining = [statement for statement in as_list(policy["Statement"]) if not _only_about_tls(statement)]
    if len(remaining) < len(policy["Statement"]):
        request.adapted.append("the statement that denies plain HTTP is omitted, because the emulator uses plain HTTP")
    return json.dumps(policy | {"Statement": remaining}) if remaining else None


def _only_about_tls(statement: dict[str, Any]) -> bool:
    return statement["Effect"] == "Deny" and "aws:SecureTransport" in json.dumps(statement.get("Condition", {}))


def as_emulator_asks(request: Request, document: str) -> str:
    """Return a role's policy that also allows the actions that the emulator requires instead of AWS's actions."""
    policy = json.loads(document)
    statements = as_list(policy["Statement"])
    allowing = [statement for statement in statements if statement["Effect"] == "Allow" and "Action" in statement]
    more = [wider for statement in allowing for wider in _wider(request, statement)]
    return json.dumps(policy | {"Statement": [*statements, *more]})


def _wider(request: Request, statement: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a statement for each additional action that the emulator requires."""
    for action in as_list(statement["Action"]):
        if other := EMULATORS_ACTIONS.get(action):
            request.adapted.append(f"{other} is allowed with {action}: the emulator requires it, AWS does not")
            yield statement | {"Action": other}


def as_list(value: Any) -> list[Any]:
    """Return a value or a list of values, as IAM permits both, as a list."""
    return value if isinstance(value, list) else [value]
