"""Policy documents as the emulator can take them; each change is said in the request's `adapted`."""

import json
from typing import Any

from .registry import Request


def without_tls_statements(request: Request, document: str) -> str | None:
    """Return a resource policy without the statements that refuse plain HTTP; None when nothing else is in it."""
    policy = json.loads(document)
    kept = [statement for statement in as_list(policy["Statement"]) if not _only_about_tls(statement)]
    if len(kept) < len(policy["Statement"]):
        request.adapted.append("the statement that refuses plain HTTP is left out: the emulator speaks plain HTTP")
    return json.dumps(policy | {"Statement": kept}) if kept else None


def _only_about_tls(statement: dict[str, Any]) -> bool:
    return statement["Effect"] == "Deny" and "aws:SecureTransport" in json.dumps(statement.get("Condition", {}))


def with_publish_batch(request: Request, document: str) -> str:
    """Return a role's policy that allows a batch to who may publish: the emulator has an action for it, AWS has not."""
    policy = json.loads(document)
    for statement in as_list(policy["Statement"]):
        actions = as_list(statement.get("Action", []))
        if statement["Effect"] == "Allow" and "sns:Publish" in actions:
            statement["Action"] = [*actions, "sns:PublishBatch"]
            request.adapted.append("sns:PublishBatch goes with sns:Publish: the emulator asks for it, AWS does not")
    return json.dumps(policy)


def as_list(value: Any) -> list[Any]:
    """Return IAM's "one or many" as a list."""
    return value if isinstance(value, list) else [value]
