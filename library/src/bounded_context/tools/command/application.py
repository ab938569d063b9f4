"""The console script `context`."""

from collections.abc import Sequence
from typing import Final

from ...configuration.project import ProjectError
from . import deferred
from .commands import GROUPS
from .output import fail
from .own import own_commands

NAME: Final = "context"
ABOUT: Final = """The commands of a bounded context's repository.

`context COMMAND --help` has examples and exit statuses. `context --install-completion` lets your shell complete names.
"""

OWN: Final = "Commands of this repository"
"""The heading of the repository's commands in the help."""


def run(arguments: Sequence[str] | None = None, access: object = None) -> int:
    """Run a command line, by default that of the process, and return the exit status.

    Args:
        arguments: the words after `context`.
        access: replaces the AWS clients and the clock of a command that asks for them.
    """
    try:
        return deferred.run(NAME, ABOUT, groups(), arguments, access)
    except ProjectError as error:
        return fail(str(error))


def groups() -> deferred.Groups:
    """Return the library's commands, and those of the current repository."""
    own = own_commands()
    return {**GROUPS, OWN: own} if own else GROUPS
