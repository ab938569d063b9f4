"""The ids in the arguments of repairs. An empty text, for instance, would match every document."""

import re
from typing import Final

import typer

from bounded_context.domain.field_types import BY_KIND

_IDENTIFIER: Final = BY_KIND["identifier"]
"""The type of each aggregate's identity. The ids of lists, messages and traces have its form, too."""

_SHOWN: Final = 64
"""The characters of a bad id that a message quotes."""


def identity(text: str) -> str:
    """Return an id in an argument. Raises BadParameter for a text that no aggregate or list can have."""
    if fault := no_identity(text):
        raise typer.BadParameter(fault)
    return text


def no_identity(text: str) -> str:
    """Return why a text is not an id, with the remedy; an empty string if it is one."""
    if re.fullmatch(_IDENTIFIER.pattern, text):
        return ""
    shown = repr(text if len(text) <= _SHOWN else text[:_SHOWN] + "...")
    return f"{shown} is not an id: write {_IDENTIFIER.accepted}"
