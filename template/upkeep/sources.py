"""The template's own files as they were in a version: this template's, out of its history, or fetched."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from ..library import REPOSITORY, VERSION, address
from .errors import Unreachable
from .git import Git
from .releases import Release


@contextmanager
def sources(release: Release) -> Iterator[Path]:
    """Yield a folder with a version's files, which cookiecutter can bake. Raises Unreachable if they cannot be had."""
    if release.version == VERSION:
        yield REPOSITORY
        return
    with TemporaryDirectory(prefix="template-") as scratch:
        folder = Path(scratch)
        history = _history(release, folder / "history")
        packed = history.run("archive", "--format=tar", release.commit).stdout
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            archive.extractall(folder / "template", filter="data")
        yield folder / "template"


def _history(release: Release, scratch: Path) -> Git:
    """Return a repository that has a version's commit: the clone in which this template lies, or one made for it."""
    here = Git(REPOSITORY)
    if _has(here, release):
        return here
    found = Git(scratch.parent).run("clone", "--quiet", "--bare", "--no-tags", address(), str(scratch))
    there = Git(scratch)
    if found.returncode or not _has(there, release):
        why = "it cannot be reached" if found.returncode else f"it has no commit {release.commit}"
        raise Unreachable(
            f"The sources of version {release.version} are neither in {REPOSITORY} nor to be had from {address()}: "
            f"{why}. Run this from a clone of the template with its whole history."
        )
    return there


def _has(repository: Git, release: Release) -> bool:
    return repository.folder.is_dir() and not repository.run("cat-file", "-e", f"{release.commit}^{{tree}}").returncode
