"""What events of the <<cookiecutter.__words>> say, and in which version: the contract with other contexts.

The schemas under ``events/`` are made from it. A field that comes later has a default, as in
``note: Text | None = None``: events without it are still on their way.
"""

from typing import Final

from bounded_context import EventData, <<cookiecutter.fields | fields | types | join(", ")>>
from pydantic import Field

from .model import Status

VERSIONS: Final = {
<% for event in cookiecutter.commands | events %>
    "<<event>>": "1.0",
<% endfor %>
}
"""The version of each event's schema, as ``<major>.<minor>``.

`uv run just contracts` raises a minor version, here and wherever else it is said. A major version is yours to raise,
and comes beside the one before: `uv run just docs events two-major-versions`.
"""


class <<cookiecutter.context_name>>Data(EventData):
    """The <<cookiecutter.__words>> after the change; one that was removed, as it was before."""

    <<cookiecutter.__package>>_id: Identifier
<% for field in cookiecutter.fields | fields %>
    <<field.name>>: <<field.annotation>>
<% endfor %>
    status: str = Field(description="where it stands; there may be others one day", examples=list(Status))
    version: int = Field(ge=1, description="counts its changes from 1")
    list_id: str | None = Field(description="the list that brought it; null if it came alone")
