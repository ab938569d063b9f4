"""The names of another system: in its preset, and in a function's environment."""

import os


class NoSystem(LookupError):
    """The function may not call the system; the message contains the remedy."""


def system_variable(name: str) -> str:
    """Return the variable with a system's address: ``SYSTEM_CREDIT_BUREAU`` for ``credit-bureau``."""
    return f"SYSTEM_{name.upper().replace('-', '_')}"


def system_address(name: str) -> str:
    """Return a system's address from the environment. Raises NoSystem: the function's preset does not name it."""
    address = os.environ.get(system_variable(name), "")
    if not address:
        raise NoSystem(f"this function may not call {name}: write it into calls of its preset.")
    return address
