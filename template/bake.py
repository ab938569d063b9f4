"""The bake: generates a context's repository from answers, without prompts."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory

from cookiecutter.exceptions import FailedHookException
from cookiecutter.main import cookiecutter

from .answers import check
from .names import REPOSITORY


def bake(output: Path, answers: Mapping[str, str] | None = None) -> Path:
    """Write a context's repository into a new folder under ``output`` and return that folder.

    Questions without an answer get the template's defaults. The user's settings of cookiecutter are not used.

    Raises:
        cookiecutter.exceptions.CookiecutterException: an answer is rejected, or the folder already exists.
    """
    if sentences := check(answers or {}):
        raise FailedHookException("\n".join(sentences))
    with TemporaryDirectory() as scratch, _temporary_files_in(scratch):
        project = cookiecutter(
            str(REPOSITORY),
            no_input=True,
            extra_context={**(answers or {}), "_next_steps": False},
            output_dir=str(output),
            default_config={"replay_dir": scratch, "cookiecutters_dir": scratch},  # pyrefly: ignore[bad-argument-type] (Cookiecutter also accepts settings)
        )
    return Path(project)


@contextmanager
def _temporary_files_in(folder: str) -> Iterator[None]:
    """Let cookiecutter write its temporary files (the rendered hooks) into ``folder``: it does not remove them."""
    before, tempfile.tempdir = tempfile.tempdir, folder
    try:
        yield
    finally:
        tempfile.tempdir = before


def ignored(project: Path) -> tuple[str, ...]:
    """Return the patterns of the project's ``.gitignore``: names of files and folders."""
    lines = (project / ".gitignore").read_text(encoding="utf-8").splitlines()
    return tuple(line.strip().strip("/") for line in lines if line.strip() and not line.startswith("#"))


def files(project: Path, ignore: Iterable[str]) -> Iterator[str]:
    """Yield the paths of a folder's files, relative and sorted, without names that match a pattern of ``ignore``."""
    patterns = tuple(ignore)
    for folder, folders, names in os.walk(project):
        folders[:] = sorted(name for name in folders if not _matches(name, patterns))
        for name in sorted(names):
            if not _matches(name, patterns):
                yield str((Path(folder) / name).relative_to(project))


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatch(name, pattern) for pattern in patterns)
