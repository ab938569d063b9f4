"""Detect missing permissions in AWS's messages, and name the role, the action and the policy."""

import os
import re
from typing import Literal

Document = Literal["preview", "deploy", "shift", "redrive", "reseed", "restore", "erase", "close", "reproduce", "state"]
"""A policy that `context permissions` prints."""

_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
_OPERATION = re.compile(
    r"operation error ([\w ]+): (\w+),.*\b(?:AccessDenied|UnauthorizedOperation|Forbidden)", re.DOTALL
)
"""The message of AWS's SDK for Go, and of Pulumi, for services that do not name the action."""

_NAME = r"([\w+=,.@-]+)"
_PRINCIPAL = re.compile(rf":assumed-role/{_NAME}/|:user/(?:[\w+=,.@-]+/)*{_NAME}")
_CODES = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


def denied(message: str, code: str = "", operation: str = "", document: Document | None = None) -> str | None:
    """Return a sentence with the role and its missing permission, or None if the message does not name them.

    Args:
        message: AWS's message, or the output of a command.
        code: AWS's error code, if available.
        operation: the called API operation, for messages that do not name the action.
        document: the policy that contains the permission, if `context permissions` can print it.
    """
    action = _action(message) or (operation if code in _CODES else "")
    principal = _principal(message)
    where = f": `context permissions {document} <stack>` prints what it needs" if document else ""
    return f"{principal} may not {action}{where}" if action and principal else None


def _action(message: str) -> str:
    if found := _ACTION.search(message):
        return found[1]
    return f"{found[1].lower()}:{found[2]}" if (found := _OPERATION.search(message)) else ""


def _principal(message: str) -> str:
    """Return the role or the user that AWS names, otherwise the role of the pipeline's step; empty without both."""
    if found := _PRINCIPAL.search(message):
        return f"the role {found[1]}" if found[1] else f"the user {found[2]}"
    step = os.environ.get("ROLE_ARN", "").rpartition("/")[2]
    return f"the role {step}" if step else ""
