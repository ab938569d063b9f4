"""The template's files of a version: this folder, a commit of its history, or a clone of the published repository."""

from __future__ import annotations

import shlex
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from ..library import REPOSITORY, REPOSITORY_OF_LIBRARY, VERSION, address
from .errors import TooOld, Unreachable
from .git import Git
from .releases import OLDEST, Release, behind, release


def updatable(folder: Path, version: str) -> Release:
    """Return the release of a repository's version.

    Raises:
        TooOld: the version is older than `OLDEST`, whose template updates the repository first.
        CannotTell: the version is unknown.
    """
    if behind(version) <= behind(OLDEST):
        return release(version)
    source = REPOSITORY.as_uri() if _has(Git(REPOSITORY), release(OLDEST)) else address()
    words = ["uvx", "--from", f"git+{source}@{release(OLDEST).commit}", "template", "update", str(folder.resolve())]
    raise TooOld(
        f"{folder} has version {version}, and this template ({VERSION}) supports {OLDEST} and newer: run "
        f"`{REPOSITORY_OF_LIBRARY}={shlex.quote(source)} {shlex.join(words)}`, commit the update, and run this again."
    )


@contextmanager
def sources(release: Release) -> Iterator[Path]:
    """Yield a folder with a version's files for a bake. Raises Unreachable if they are not available."""
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
    """Return a git repository with a version's commit: this template's clone, or a new clone in ``scratch``."""
    own = Git(REPOSITORY)
    if _has(own, release):
        return own
    cloned = Git(scratch.parent).run("clone", "--quiet", "--bare", "--no-tags", address(), str(scratch))
    clone = Git(scratch)
    if cloned.returncode or not _has(clone, release):
        reason = "it cannot be reached" if cloned.returncode else f"it has no commit {release.commit}"
        raise Unreachable(
            f"The sources of version {release.version} are neither in {REPOSITORY} nor in {address()}: "
            f"{reason}. Run this from a clone of the template with its whole history."
        )
    return clone


def _has(repository: Git, release: Release) -> bool:
    return repository.folder.is_dir() and not repository.run("cat-file", "-e", f"{release.commit}^{{tree}}").returncode
