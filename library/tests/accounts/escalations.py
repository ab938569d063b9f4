"""The escalations of `escalations.toml`."""

import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

Gain = Literal["become", "run", "made", "write", "read"]

FILE: Final = Path(__file__).parent / "escalations.toml"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Aid(_Strict):
    """Another resource that an escalation needs: its kind, and the actions on it."""

    kind: str
    actions: tuple[str, ...]


class Escalation(_Strict):
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
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))["escalation"]
    return tuple(Escalation.model_validate(one) for one in found)
