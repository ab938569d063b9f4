"""Discovery of a repository's kept run (`--keep`), by an endpoints file below `build/`."""

import os
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Final

import psutil

from bounded_context_cli.command.errors import LocalRunError
from bounded_context_infra.configuration.project import Project

from ..emulator import endpoints
from ..emulator.endpoints import Endpoints

_START: Final = "start one with `uv run context run --keep`"


def api_page_file(project: Project) -> Path:
    """Return the path of the kept run's API page. The file exists while a run with an API is kept."""
    return project.build / "kept-api.html"


def published(project: Project, ours: Endpoints) -> AbstractContextManager[None]:
    """Publish this run to the repository's commands until the end of the block. Each run has its own file."""
    return endpoints.published(project.build / f"kept-run-{os.getpid()}-{ours.emulator.port}.json", ours)


def find(project: Project) -> Endpoints:
    """Return the endpoints of the repository's kept run; of several runs, those of the latest that answers.

    Raises:
        LocalRunError: no run is kept, or no kept run answers.
    """
    problem = f"No run is kept here: {_START}."
    for file in _files(project):
        try:
            return endpoints.read(file)
        except LocalRunError as error:
            problem = f"The kept run does not answer ({error}): {_START}."
    raise LocalRunError(problem)


def _files(project: Project) -> list[Path]:
    """Return the endpoints files of running processes, the latest first. Delete the files of killed processes."""
    written = dict[Path, int]()
    for file in project.build.glob("kept-run-*-*.json"):
        if not psutil.pid_exists(int(file.name.split("-")[2])):
            file.unlink(missing_ok=True)
            continue
        with suppress(FileNotFoundError):  # its run has ended
            written[file] = file.stat().st_mtime_ns
    return sorted(written, key=written.__getitem__, reverse=True)
