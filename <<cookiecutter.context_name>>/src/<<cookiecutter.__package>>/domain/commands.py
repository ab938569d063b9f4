"""What callers may ask of one <<cookiecutter.__words>>. A command is an order and may be refused."""

from pydantic import BaseModel, ConfigDict, Field

from .fields import Identifier
from .model import <<cookiecutter.context_name>>Details


class <<(cookiecutter.commands | creates).name>>(<<cookiecutter.context_name>>Details):
    """Create the <<cookiecutter.__words>> with these details."""


class Change(BaseModel):
    """A command on what exists; ``expected_version`` refuses it if somebody changed that meanwhile."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    <<cookiecutter.__package>>_id: Identifier
    expected_version: int | None = Field(default=None, ge=1)

    @property
    def id(self) -> str:
        """The identity of the aggregate it is for."""
        return self.<<cookiecutter.__package>>_id
<% for command in cookiecutter.commands | changes %>


class <<command.name>>(Change):
    """Move the <<cookiecutter.__words>> to <<command.status>>."""
<% endfor %>


class <<(cookiecutter.commands | deletes).name>>(Change):
    """Remove the <<cookiecutter.__words>>."""
