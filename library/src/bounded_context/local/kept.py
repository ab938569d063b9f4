"""A run that is kept, as commands of its repository find it: by a file below `build/`, while it goes on."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from ..project import Project
from . import endpoints
from .endpoints import Endpoints
from .errors import LocalRunError

_START: Final = "start one with `uv run just run --keep`"


def place(project: Project) -> Path:
    """Return the file that tells of a repository's kept run; of two of them, the one that began last has it."""
    return project.build / "kept-run.json"


def announced(project: Project, ours: Endpoints) -> AbstractContextManager[None]:
    """Tell the repository's commands of this run, until the block is left."""
    return endpoints.published(place(project), ours)


def find(project: Project) -> Endpoints:
    """Return where the repository's kept run can be reached.

    Raises:
        LocalRunError: no run is kept, or it has ended without a word.
    """
    file = place(project)
    if not file.exists():
        raise LocalRunError(f"No run is kept here: {_START}.")
    try:
        return endpoints.read(file)
    except LocalRunError as error:
        raise LocalRunError(f"The run that was kept here cannot be asked ({error}): {_START}.") from error
