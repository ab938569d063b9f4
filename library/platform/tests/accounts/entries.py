"""Entries of the attacker's files."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict


class Strict(BaseModel):
    """A part of an entry. Other members than the declared ones are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Entry = TypeVar("Entry", bound=Strict)


def entries(file: Path, table: str, kind: type[Entry]) -> tuple[Entry, ...]:
    """Return the entries of a table of a TOML file. Raises ValidationError."""
    return tuple(map(kind.model_validate, tomllib.loads(file.read_text(encoding="utf-8"))[table]))
