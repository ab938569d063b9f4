"""The aggregate: what the <<cookiecutter.__words>> is, and which statuses it may have."""

from enum import StrEnum

from bounded_context import Aggregate, Details, <<cookiecutter.fields | fields | types | join(", ")>>


class Status(StrEnum):
    """The <<cookiecutter.__words>>'s status; each value is what its last event said."""

<% for command in cookiecutter.commands | lasting %>
    <<command.status>> = "<<command.status>>"
<% endfor %>


class <<cookiecutter.context_name>>Details(Details):
    """What the caller says: one row of a list, or the payload of the command that creates."""

    <<cookiecutter.__package>>_id: Identifier
<% for field in cookiecutter.fields | fields %>
    <<field.name>>: <<field.annotation>>
<% endfor %>


class <<cookiecutter.context_name>>(Aggregate[<<cookiecutter.context_name>>Details, Status]):
    """The <<cookiecutter.__words>> as it stands."""
