"""The grants that roles need, from `data/permissions.toml`: by resource type, and by role."""

import tomllib
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from .grants import Grant, When, on


class _Entry(BaseModel):
    """A grant of the file. Actions are words without the service's prefix."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    arn: str
    service: str
    read: str = ""
    write: str = ""
    when: When = "always"

    def grant(self) -> Grant:
        """Return the grant."""
        return on(self.arn, self.service, read=self.read, write=self.write, when=self.when)


class _OfKinds(_Entry):
    """A grant, and the resource types that need it."""

    kinds: list[str]


class _File(BaseModel):
    grants: list[_OfKinds]
    roles: dict[str, list[_Entry]]


_FILE = _File.model_validate(
    tomllib.loads((Path(__file__).parents[1] / "data" / "permissions.toml").read_text("utf-8"))
)

KINDS: Final[Mapping[str, tuple[Grant, ...]]] = {
    kind: tuple(entry.grant() for entry in _FILE.grants if kind in entry.kinds)
    for kind in dict.fromkeys(chain.from_iterable(entry.kinds for entry in _FILE.grants))
}
"""The grants of a deployment by resource type without its package, such as `sqs/queue`."""

ROLES: Final = {role: tuple(entry.grant() for entry in entries) for role, entries in _FILE.roles.items()}
"""The grants of roles that follow from the calls of commands: all of shift and of persons, some of deploy."""
