"""The business rules, a function for each command. It returns the changed aggregate, or raises a BusinessError."""

from bounded_context import Aggregates, expected

from .commands import <<cookiecutter.commands | commands | map(attribute="name") | join(", ")>>
from .model import <<cookiecutter.context_name>>, <<cookiecutter.context_name>>Details, Status


<% filter fitted %>
def <<(cookiecutter.commands | creates).snake>>(command: <<(cookiecutter.commands | creates).name>>, <<cookiecutter.__plural_snake>>: Aggregates[<<cookiecutter.context_name>>]) -> <<cookiecutter.context_name>>:
<% endfilter %>
    """Create the <<cookiecutter.__words>><% if cookiecutter.lists != "none" %>; rows of lists follow the same rule<% endif %>.

    Raises:
        AlreadyExists: the identity is in use.
    """
    details = <<cookiecutter.context_name>>Details.of(command)
    created = <<cookiecutter.context_name>>(details, Status.<<(cookiecutter.commands | creates).status>>)
    <<cookiecutter.__plural_snake>>.add(created)
    return created
<% for command in cookiecutter.commands | changes %>


<% filter fitted %>
def <<command.snake>>(command: <<command.name>>, <<cookiecutter.__plural_snake>>: Aggregates[<<cookiecutter.context_name>>]) -> <<cookiecutter.context_name>>:
<% endfilter %>
    """Move the <<cookiecutter.__words>> to <<command.status>>.

    Raises:
        NotFound, VersionConflict, IllegalMove: the change is not possible.
    """
<% for line in command | moved %>
<% filter fitted %>
    <<line>>
<% endfilter %>
<% endfor %>
    <<cookiecutter.__plural_snake>>.save(changed)
    return changed
<% endfor %>


<% filter fitted %>
def <<(cookiecutter.commands | deletes).snake>>(command: <<(cookiecutter.commands | deletes).name>>, <<cookiecutter.__plural_snake>>: Aggregates[<<cookiecutter.context_name>>]) -> <<cookiecutter.context_name>>:
<% endfilter %>
    """Delete the <<cookiecutter.__words>>, and return its last state.

    Raises:
        NotFound, VersionConflict, IllegalMove: the deletion is not possible.
    """
    current = expected(command, <<cookiecutter.__plural_snake>>)
    <<cookiecutter.__plural_snake>>.remove(current)
    return current
