"""Discovery of a repository's kept run (`--keep`), by an endpoints file below `build/`."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from ....configuration.project import Project
from ...command.errors import LocalRunError
from ..emulator import endpoints
from ..emulator.endpoints import Endpoints

_START: Final = "start one with `uv run context run --keep`"


def endpoints_file(project: Project) -> Path:
    """Return the path of the kept run's endpoints file. With two runs, the later start overwrites the file."""
    return project.build / "kept-run.json"


def api_page_file(project: Project) -> Path:
    """Return the path of the kept run's API page. The file exists while a run with an API is kept."""
    return project.build / "kept-api.html"


def published(project: Project, ours: Endpoints) -> AbstractContextManager[None]:
    """Publish this run to the repository's commands until the end of the block."""
    return endpoints.published(endpoints_file(project), ours)


def find(project: Project) -> Endpoints:
    """Return the endpoints of the repository's kept run.

    Raises:
        LocalRunError: no run is kept, or the kept run does not answer.
    """
    file = endpoints_file(project)
    if not file.exists():
        raise LocalRunError(f"No run is kept here: {_START}.")
    try:
        return endpoints.read(file)
    except LocalRunError as error:
        raise LocalRunError(f"The kept run does not answer ({error}): {_START}.") from error
