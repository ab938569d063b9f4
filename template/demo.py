"""The command ``template demo``: bakes a context and runs it on this machine."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

from .bake import bake
from .leftovers import taken_away
from .library import find_uv
from .processes import Asked, Heed, heeding, running, status


class DemoError(Exception):
    """The demo cannot start; the message names the cause."""


def demo(output: Path | None, arguments: Sequence[str], keep: bool, answers: Mapping[str, str] | None = None) -> int:
    """Bake a context into ``output`` or a temporary folder, run it locally, and return the run's exit status.

    Without ``answers`` the context is Payment.

    Raises:
        LibraryError: uv is not installed.
        cookiecutter.exceptions.CookiecutterException: an answer is rejected, or the folder already exists.
    """
    uv = find_uv()
    with heeding() as heed, folder_for(output, keep) as folder:
        project = bake(folder, answers)
        print(f"Baked {project}", file=sys.stderr)
        return _run([uv, "run", "--quiet", "context", "run", *arguments], project, heed)


@contextmanager
def folder_for(output: Path | None, keep: bool) -> Iterator[Path]:
    """Yield the folder to bake into: ``output``, or a temporary folder, which is removed unless ``keep`` is set."""
    if output is not None:
        yield output
    elif keep:
        folder = Path(mkdtemp(prefix="template-demo-"))
        yield folder
        print(f"What was baked stays, {_megabytes(folder)} MB with its environment: rm -r {folder}", file=sys.stderr)
    else:
        with taken_away(Path(mkdtemp(prefix="template-demo-"))) as folder:
            yield folder


def _megabytes(folder: Path) -> int:
    return round(sum(file.lstat().st_size for file in folder.rglob("*") if not file.is_symlink()) / 1e6)


def _run(command: Sequence[str], project: Path, heed: Heed) -> int:
    """Run a command and return its exit status. A signal to this process also ends the command."""
    if heed.number:
        return 128 + heed.number
    with running(command, project) as child, suppress(Asked):
        heed.wait(lambda: child.poll() is not None)
    return status(child)
