"""The data of the <<cookiecutter.__words>>'s events, from which the schemas in ``events/`` are generated.

A field that you add later needs a default, as in ``note: Text | None = None``: queues still contain events without it.
"""

<% for line in cookiecutter.fields | fields | typing %>
<<line>>

<% endfor %>
from bounded_context import EventData, <<cookiecutter.fields | fields | types | join(", ")>>
from pydantic import Field

from .model import Status


class <<cookiecutter.context_name>>Data(EventData):
    """The <<cookiecutter.__words>> after the change, or before its deletion."""

    <<cookiecutter.__package>>_id: Identifier
<% for field in cookiecutter.fields | fields %>
    <<field.name>>: <<field.annotation>>
<% endfor %>
    status: str = Field(description="the status; later versions may add others", examples=list(Status))
    version: int = Field(ge=1, description="the number of changes, from 1")
    list_id: str | None = Field(description="the list that it was imported from; null without a list")
