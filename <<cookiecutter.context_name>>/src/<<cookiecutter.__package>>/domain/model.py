"""The aggregate: what the <<cookiecutter.__words>> is, and how it may change."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self

from pydantic import BaseModel, ConfigDict

from .fields import <<cookiecutter.fields | fields | types | join(", ")>>

ID = "<<cookiecutter.__package>>_id"
<<cookiecutter.verification | references | map("id_of") | assigned("REFERENCES")>>
"""Fields that hold the id of something in another context."""


class Status(StrEnum):
    """Where the <<cookiecutter.__words>> stands; each value is what its last event said."""

<% for command in cookiecutter.commands | lasting %>
    <<command.status>> = "<<command.status>>"
<% endfor %>


class <<cookiecutter.context_name>>Details(BaseModel):
    """What the caller says: one row of a list, or the payload of the command that creates."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    <<cookiecutter.__package>>_id: Identifier
<% for field in cookiecutter.fields | fields %>
    <<field.name>>: <<field.annotation>>
<% endfor %>

    @property
    def id(self) -> str:
        """The aggregate's identity."""
        return self.<<cookiecutter.__package>>_id


@dataclass(frozen=True)
class <<cookiecutter.context_name>>:
    """The <<cookiecutter.__words>> as it stands.

    ``version`` counts its changes from 1; ``list_id`` names the list that brought it.
    """

    details: <<cookiecutter.context_name>>Details
    status: Status
    version: int = 1
    list_id: str | None = None

    @property
    def id(self) -> str:
        """The aggregate's identity."""
        return self.details.id

    def moved_to(self, status: Status) -> Self:
        """Return the next version, in ``status``.

        Raises:
            IllegalMove: it is there already.
        """
        if self.status is status:
            raise IllegalMove(self.id, status)
        return replace(self, status=status, version=self.version + 1)


class BusinessError(Exception):
    """A refusal that the caller can act on. ``code`` is stable and meant for programs."""

    code = "refused"


class AlreadyExists(BusinessError):
    """The identity is taken."""

    code = "already-exists"

    def __init__(self, identity: str) -> None:
        super().__init__(f"{ID} {identity!r} exists already")


class NotFound(BusinessError):
    """Nothing has that identity."""

    code = "not-found"

    def __init__(self, identity: str) -> None:
        super().__init__(f"{ID} {identity!r} does not exist")


class VersionConflict(BusinessError):
    """Somebody else changed it first (optimistic concurrency)."""

    code = "version-conflict"

    def __init__(self, identity: str, expected: int) -> None:
        super().__init__(f"{ID} {identity!r} is no longer at version {expected}: read it again")


class IllegalMove(BusinessError):
    """The change makes no sense from where it stands."""

    code = "illegal-move"

    def __init__(self, identity: str, status: Status) -> None:
        super().__init__(f"{ID} {identity!r} is {status} already")
