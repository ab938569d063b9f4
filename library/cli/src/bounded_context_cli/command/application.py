"""The console script `context`, with the commands that a repository adds.

The repository's `pyproject.toml` names the function of each command, which has Typer's annotations. Modules are found
in the repository's folder and among the installed packages::

    [tool.bounded-context.commands]
    seed = "infra.seed:seed"
"""

import sys
from collections.abc import Mapping, Sequence
from typing import Final

from bounded_context_infra.configuration.project import ProjectError, current

from . import deferred
from .commands import GROUPS
from .output import fail
from .terminal import escaped_output

NAME: Final = "context"
ABOUT: Final = """The commands of a bounded context's repository.

`context COMMAND --help` has examples and exit statuses. `context --install-completion` lets your shell complete names.
"""

OWN: Final = "Commands of this repository"
"""The heading of the repository's commands in the help."""

_NO_TABLE: Final = 'pyproject.toml: [tool.bounded-context.commands] is no table: write NAME = "MODULE:FUNCTION" there.'
_TAKEN: Final = "pyproject.toml: [tool.bounded-context.commands] has {name}, a library command: choose another name."


def run(arguments: Sequence[str] | None = None, access: object = None) -> int:
    """Run a command line, by default that of the process, and return the exit status.

    Args:
        arguments: the words after `context`.
        access: replaces the AWS clients and the clock of a command that asks for them.
    """
    try:
        with escaped_output():
            return deferred.run(NAME, ABOUT, groups(), arguments, access)
    except ProjectError as error:
        return fail(str(error))


def groups() -> deferred.Groups:
    """Return the library's commands, and those of the current repository."""
    own = _own_commands()
    return {**GROUPS, OWN: own} if own else GROUPS


class NoCommands(ProjectError):
    """The repository's settings do not define commands. The message has the remedy."""


def _own_commands() -> Mapping[str, deferred.Entry]:
    """Return the commands of the current repository; none outside of a repository.

    Raises:
        NoCommands: the settings are no table, or a name is a command of the library.
    """
    try:
        project = current()
    except ProjectError:
        return {}
    settings = project.settings.get("commands", {})
    if not isinstance(settings, Mapping):
        raise NoCommands(_NO_TABLE)
    if clashes := sorted(settings.keys() & {name for entries in GROUPS.values() for name in entries}):
        raise NoCommands(_TAKEN.format(name=clashes[0]))
    if settings:
        # The folder of a console script precedes on the path, not the current folder.
        sys.path.append(str(project.root))
    return {name: _own_command(name, str(target)) for name, target in settings.items()}


def _own_command(name: str, target: str) -> deferred.Entry:
    module, _, function = target.partition(":")
    return deferred.Entry(f"{target} of this repository", module, (function or name,))
