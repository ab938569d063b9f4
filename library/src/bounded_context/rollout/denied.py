"""What AWS says of a permission that is missing, in words that name role, action, and the document that has it."""

import os
import re
from typing import Literal

Document = Literal["preview", "deploy", "shift", "redrive"]
"""A policy that `just permissions` prints."""

_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
_OPERATION = re.compile(
    r"operation error ([\w ]+): (\w+),.*\b(?:AccessDenied|UnauthorizedOperation|Forbidden)", re.DOTALL
)
"""What AWS's SDK for Go, and so Pulumi, says of a service that does not name the action."""

_NAME = r"([\w+=,.@-]+)"
_WHO = re.compile(rf":assumed-role/{_NAME}/|:user/(?:[\w+=,.@-]+/)*{_NAME}")
_CODES = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


def denied(said: str, code: str = "", operation: str = "", document: Document | None = None) -> str | None:
    """Whose permission is missing and which, or None if what was said is of something else, or does not tell.

    Args:
        said: AWS's message, or all that a command printed.
        code: AWS's code of the error, if there is one.
        operation: the API's operation that was called, in case that AWS does not name the action.
        document: the policy that has it, if it is one that can be printed.
    """
    action = _action(said) or (operation if code in _CODES else "")
    who = _who(said)
    where = f": `just permissions {document} <stack>` prints what it needs" if document else ""
    return f"{who} may not {action}{where}" if action and who else None


def _action(said: str) -> str:
    if found := _ACTION.search(said):
        return found[1]
    return f"{found[1].lower()}:{found[2]}" if (found := _OPERATION.search(said)) else ""


def _who(said: str) -> str:
    """The role or the user that AWS names; else the role of the pipeline's step; empty if there is none."""
    if found := _WHO.search(said):
        return f"the role {found[1]}" if found[1] else f"the user {found[2]}"
    step = os.environ.get("ROLE_ARN", "").rpartition("/")[2]
    return f"the role {step}" if step else ""
