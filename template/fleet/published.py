"""The published events of a context's repository: schemas and samples, of its work tree and of its main branch."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ..upkeep.errors import CannotTell
from ..upkeep.git import Git
from .consumption import type_of

FOLDERS = ("events", "released")
"""The folders of a repository with the schemas and the samples of its events."""

_NUMBER = re.compile("[0-9]+")


@dataclass(frozen=True)
class Published:
    """The events of a repository in ``folder``, as `context contracts` wrote them."""

    folder: Path
    events: Mapping[str, Any]
    """The message, the schema and the samples of each event, by label."""

    def changed(self, before: Published | None) -> set[str]:
        """Return the labels of events that are new, changed or gone; without ``before``, all labels."""
        old = before.events if before else {}
        return {label for label in {*self.events, *old} if self.events.get(label) != old.get(label)}


def published(folder: Path) -> Published:
    """Read the events of a repository. Raises CannotTell if it has no schemas, or if a file cannot be read."""
    path = folder / "events" / "asyncapi.json"
    try:
        messages = _json(path)["components"]["messages"]
        newest = [_json(file)["sent"] for file in _releases(folder)[-1:]]
        return Published(folder, {label: _event(folder, label, message, newest) for label, message in messages.items()})
    except FileNotFoundError as error:
        raise CannotTell(f"{error.filename} is missing: run `uv run context contracts` in {folder}.") from None
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise CannotTell(f"The events of {folder} cannot be read ({error!r}): restore events/ from git.") from None


def _event(folder: Path, label: str, message: Mapping[str, Any], sent: list[Any]) -> object:
    own = message["payload"]["allOf"][1]["properties"]["data"]["$ref"]
    return message, _json(folder / "events" / own), [samples.get(type_of(label)) for samples in sent]


def _releases(folder: Path) -> list[Path]:
    return sorted((folder / "released").glob("*.json"), key=lambda path: list(map(int, _NUMBER.findall(path.stem))))


def _json(path: Path) -> Any:  # noqa: ANN401 (JSON)
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def before(folder: Path) -> Iterator[Published | None]:
    """Yield the events at the commit where HEAD left the remote's main branch; None without such a commit or events."""
    git = Git(folder)
    merge_base = git.run("merge-base", "HEAD", "refs/remotes/origin/HEAD")
    with TemporaryDirectory(prefix="template-") as scratch:
        yield None if merge_base.returncode else _at(git, merge_base.stdout.decode().strip(), Path(scratch))


def _at(git: Git, commit: str, scratch: Path) -> Published | None:
    folders = git("ls-tree", "--name-only", commit, "--", *FOLDERS).split()
    if not folders:
        return None
    packed = git.run("archive", "--format=tar", commit, *folders).stdout
    with tarfile.open(fileobj=BytesIO(packed)) as archive:
        archive.extractall(scratch, filter="data")
    try:
        return published(scratch)
    except CannotTell:
        return None
