"""The commands of the <<cookiecutter.__words>>. A command may be rejected."""
<% for line in cookiecutter.commands | state | model_typing %>

<<line>>
<% endfor %>

from bounded_context import <<cookiecutter.commands | command_types | join(", ")>>

from .model import <<cookiecutter.context_name>>Details


class <<(cookiecutter.commands | creates).name>>(<<cookiecutter.context_name>>Details):
    """Create the <<cookiecutter.__words>> with these details."""
<% for command in cookiecutter.commands | changes %>


class <<command.name>>(Change):
    """Move the <<cookiecutter.__words>> to <<command.status>>."""

    <<cookiecutter.__package>>_id: Identifier
<% for field in command.arguments %>
    <<field.name>>: <<field.marked>>
<% endfor %>
<% endfor %>


class <<(cookiecutter.commands | deletes).name>>(Change):
    """Delete the <<cookiecutter.__words>>."""

    <<cookiecutter.__package>>_id: Identifier
