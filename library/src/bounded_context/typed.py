"""A command of this repository as somebody typed it: a recipe of the justfile, or a module of the library."""

import os
from typing import Final

VARIABLE: Final = "BOUNDED_CONTEXT_TYPED"
"""By it the justfile says that one of its recipes was typed."""


def typed(module: str, recipe: str | None = None) -> str:
    """Return it as it was typed.

    Args:
        module: below the library, such as `local`.
        recipe: its name in the justfile, if it has one; empty where several recipes are parts of one module.
    """
    if recipe is None or os.environ.get(VARIABLE) != "just":
        return f"python -m {__package__}.{module}"
    return f"just {recipe}".rstrip()
