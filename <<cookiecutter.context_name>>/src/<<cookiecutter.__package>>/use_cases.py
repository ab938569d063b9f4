"""The business rules: one function per command. Each returns what the command leaves, or raises a BusinessError."""

from bounded_context import Aggregates, expected

from .commands import <<cookiecutter.commands | commands | map(attribute="name") | join(", ")>>
from .model import <<cookiecutter.context_name>>, <<cookiecutter.context_name>>Details, Status


<% filter fitted %>
def <<(cookiecutter.commands | creates).snake>>(command: <<(cookiecutter.commands | creates).name>>, <<cookiecutter.__plural_snake>>: Aggregates[<<cookiecutter.context_name>>]) -> <<cookiecutter.context_name>>:
<% endfilter %>
    """Create the <<cookiecutter.__words>>. Lists obey this rule too.

    Raises:
        AlreadyExists: its identity is taken.
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
        NotFound, VersionConflict, IllegalMove: it may not be changed now.
    """
    changed = expected(command, <<cookiecutter.__plural_snake>>).moved_to(Status.<<command.status>>)
    <<cookiecutter.__plural_snake>>.save(changed)
    return changed
<% endfor %>


<% filter fitted %>
def <<(cookiecutter.commands | deletes).snake>>(command: <<(cookiecutter.commands | deletes).name>>, <<cookiecutter.__plural_snake>>: Aggregates[<<cookiecutter.context_name>>]) -> <<cookiecutter.context_name>>:
<% endfilter %>
    """Remove the <<cookiecutter.__words>> and return it as it was.

    Raises:
        NotFound, VersionConflict, IllegalMove: it may not be removed now.
    """
    current = expected(command, <<cookiecutter.__plural_snake>>)
    <<cookiecutter.__plural_snake>>.remove(current)
    return current
