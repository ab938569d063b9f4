"""The escalations of `escalations.toml`."""

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from .entries import Strict, entries

Gain = Literal["become", "run", "made", "write", "read"]

FILE: Final = Path(__file__).parent / "escalations.toml"


class Aid(Strict):
    """Another resource that an escalation needs: its kind, and the actions on it."""

    kind: str
    actions: tuple[str, ...]


class Escalation(Strict):
    """An escalation. The file describes the members."""

    name: str
    group: str
    kind: str
    actions: tuple[str, ...]
    gain: Gain
    context: Mapping[str, str] = {}
    after: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    aid: Aid | None = None
    service: str = ""
    boundary: Literal["", "chosen", "held", "removed", "replaced"] = ""


@functools.cache
def escalations() -> tuple[Escalation, ...]:
    """Return the escalations of the file."""
    return entries(FILE, "escalation", Escalation)
