"""What AWS says of a permission that is missing, in words that name role and action."""

import os
import re

_ACTION = re.compile(r"not authorized to perform:? ([a-z0-9-]+:\w+)")
_OPERATION = re.compile(
    r"operation error ([\w ]+): (\w+),.*\b(?:AccessDenied|UnauthorizedOperation|Forbidden)", re.DOTALL
)
"""What AWS's SDK for Go, and so Pulumi, says of a service that does not name the action."""

_ROLE = re.compile(r":assumed-role/([\w+=,.@-]+)/")
_CODES = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")


def denied(said: str, code: str = "", operation: str = "") -> str | None:
    """Whose permission is missing and which, or None if what was said is of something else, or does not tell.

    Args:
        said: AWS's message, or all that a command printed.
        code: AWS's code of the error, if there is one.
        operation: the API's operation that was called, in case that AWS does not name the action.
    """
    action = _action(said) or (operation if code in _CODES else "")
    role = _role(said)
    return f"the role {role} may not {action}" if action and role else None


def _action(said: str) -> str:
    if found := _ACTION.search(said):
        return found[1]
    return f"{found[1].lower()}:{found[2]}" if (found := _OPERATION.search(said)) else ""


def _role(said: str) -> str:
    """The role that AWS names; else that of the pipeline's step."""
    found = _ROLE.search(said)
    return found[1] if found else os.environ.get("ROLE_ARN", "").rpartition("/")[2]
