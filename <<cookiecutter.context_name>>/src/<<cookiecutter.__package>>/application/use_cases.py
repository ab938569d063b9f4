"""One function per command. Each returns what the command leaves, or raises a BusinessError."""

from ..domain import commands
from ..domain.model import <<cookiecutter.context_name>>, <<cookiecutter.context_name>>Details, Status, VersionConflict
from .ports import <<cookiecutter.plural>>


def <<(cookiecutter.commands | creates).snake>>(
    command: commands.<<(cookiecutter.commands | creates).name>>,
    <<cookiecutter.__plural_snake>>: <<cookiecutter.plural>>,
) -> <<cookiecutter.context_name>>:
    """Create the <<cookiecutter.__words>>.

    Raises:
        AlreadyExists: its identity is taken.
    """
    details = <<cookiecutter.context_name>>Details(**command.model_dump(mode="json"))
    created = <<cookiecutter.context_name>>(details, Status.<<(cookiecutter.commands | creates).status>>)
    <<cookiecutter.__plural_snake>>.add(created)
    return created
<% for command in cookiecutter.commands | changes %>


def <<command.snake>>(
    command: commands.<<command.name>>,
    <<cookiecutter.__plural_snake>>: <<cookiecutter.plural>>,
) -> <<cookiecutter.context_name>>:
    """Move the <<cookiecutter.__words>> to <<command.status>>.

    Raises:
        NotFound, VersionConflict, IllegalMove: it cannot be changed so.
    """
    changed = _expected(command, <<cookiecutter.__plural_snake>>).moved_to(Status.<<command.status>>)
    <<cookiecutter.__plural_snake>>.save(changed)
    return changed
<% endfor %>


def <<(cookiecutter.commands | deletes).snake>>(
    command: commands.<<(cookiecutter.commands | deletes).name>>,
    <<cookiecutter.__plural_snake>>: <<cookiecutter.plural>>,
) -> <<cookiecutter.context_name>>:
    """Remove the <<cookiecutter.__words>> and return it as it was.

    Raises:
        NotFound, VersionConflict: it cannot be removed so.
    """
    current = _expected(command, <<cookiecutter.__plural_snake>>)
    <<cookiecutter.__plural_snake>>.remove(current)
    return current


def _expected(
    command: commands.Change,
    <<cookiecutter.__plural_snake>>: <<cookiecutter.plural>>,
) -> <<cookiecutter.context_name>>:
    current = <<cookiecutter.__plural_snake>>.get(command.id)
    if command.expected_version not in (None, current.version):
        raise VersionConflict(command.id, command.expected_version)
    return current
