"""The aggregate: the fields and statuses of the <<cookiecutter.__words>>."""

from enum import StrEnum
<% for line in cookiecutter.fields | stored | model_typing %>
<<line>>
<% endfor %>

from bounded_context import Aggregate, Details, <<cookiecutter.fields | model_names | join(", ")>>


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
<% for name in cookiecutter.commands | state_class %>


class <<name>>(State):
    """The fields that commands set."""

<% for field in cookiecutter.commands | state %>
    <<field.name>>: <<field.marked>> | None = None
<% endfor %>
<% endfor %>


class <<cookiecutter.context_name>>(Aggregate[<<cookiecutter.commands | parameters | join(", ")>>]):
    """The <<cookiecutter.__words>>: its details, status and version."""
