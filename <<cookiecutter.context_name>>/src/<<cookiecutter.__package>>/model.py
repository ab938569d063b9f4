"""The aggregate: the fields and statuses of the <<cookiecutter.__words>>."""

from enum import StrEnum
<% for line in cookiecutter.fields | fields | model_typing %>
<<line>>
<% endfor %>

from bounded_context import Aggregate, Details, <<cookiecutter.fields | fields | model_types | join(", ")>>


class Status(StrEnum):
    """The status after the last event."""

<% for command in cookiecutter.commands | lasting %>
    <<command.status>> = "<<command.status>>"
<% endfor %>


class <<cookiecutter.context_name>>Details(Details):
<% if cookiecutter.lists != "none" %>
    """The fields of a list's row, and of the creating command."""
<% else %>
    """The fields of the creating command."""
<% endif %>

    <<cookiecutter.__package>>_id: Identifier
<% for field in cookiecutter.fields | fields %>
    <<field.name>>: <<field.marked>>
<% endfor %>


class <<cookiecutter.context_name>>(Aggregate[<<cookiecutter.context_name>>Details, Status]):
    """The <<cookiecutter.__words>>: its details, status and version."""
