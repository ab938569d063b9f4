"""The grants that a deployment needs for each resource type, from `data/permissions.toml`."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from .grants import Grant, When, on

_FILE: Final = Path(__file__).parents[3] / "data" / "permissions.toml"


class _Entry(BaseModel):
    """A grant of the file, and the resource types that need it. Actions are words without the service's prefix."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    kinds: list[str]
    arn: str
    service: str
    read: str = ""
    write: str = ""
    when: When = "always"

    def grant(self) -> Grant:
        """Return the grant."""
        return on(self.arn, self.service, read=self.read, write=self.write, when=self.when)


def _entries() -> Iterator[_Entry]:
    yield from map(_Entry.model_validate, tomllib.loads(_FILE.read_text(encoding="utf-8"))["grants"])


def _by_kind() -> Mapping[str, tuple[Grant, ...]]:
    found: dict[str, tuple[Grant, ...]] = {}
    for entry in _entries():
        for kind in entry.kinds:
            found[kind] = (*found.get(kind, ()), entry.grant())
    return found


KINDS: Final[Mapping[str, tuple[Grant, ...]]] = _by_kind()
"""The grants by resource type without its package, such as `sqs/queue`."""
