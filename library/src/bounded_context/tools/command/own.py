"""Commands that a repository adds to `context`.

Its `pyproject.toml` names the function of each command, which has Typer's annotations. Modules are found in the
repository's folder and among the installed packages::

    [tool.bounded-context.commands]
    seed = "infra.seed:seed"
"""

import sys
from collections.abc import Mapping
from typing import Final

from ...configuration.project import ProjectError, current
from .commands import GROUPS
from .deferred import Entry

_NO_TABLE: Final = 'pyproject.toml: [tool.bounded-context.commands] is no table: write NAME = "MODULE:FUNCTION" there.'
_TAKEN: Final = "pyproject.toml: [tool.bounded-context.commands] has {name}, a library command: choose another name."


class NoCommands(ProjectError):
    """The repository's settings do not define commands. The message has the remedy."""


def own_commands() -> Mapping[str, Entry]:
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
    if taken := sorted(settings.keys() & {name for entries in GROUPS.values() for name in entries}):
        raise NoCommands(_TAKEN.format(name=taken[0]))
    if settings:
        # The folder of a console script precedes on the path, not the current folder.
        sys.path.append(str(project.root))
    return {name: _entry(name, str(target)) for name, target in settings.items()}


def _entry(name: str, target: str) -> Entry:
    module, _, function = target.partition(":")
    return Entry(f"{target} of this repository", module, (function or name,))
