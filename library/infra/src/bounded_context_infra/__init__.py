"""The infrastructure of a context: components, their wiring, presets of functions, and the settings of a stack.

The names are those of `public`, which needs Pulumi. It is imported when the first name is used, since most commands
read the settings alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .public import *  # noqa: F403


def __getattr__(name: str) -> Any:
    if name.startswith("__") and name != "__all__":
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.public"), name)
