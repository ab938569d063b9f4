"""Small repositories of several kinds, and the two bakes of their update."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from pathlib import Path

from template.library import VERSION
from template.record import FILE, record
from template.upkeep.git import Git
from template.upkeep.merge import Merge, Merged
from template.upkeep.pins import Pins

from .team import Team

ANSWERS = {"context_name": "Order", "owner": "orders"}
PROJECT = f'dependencies = ["bounded-context=={VERSION}"]\n'

_OLD: Mapping[str, str] = {
    ".gitignore": "*.log\nbuild/\nsecret\n",
    "a": "one\n",
    "b": "one\n",
    "docs/lonely/x": "one\n",
    "docs/old": "one\n",
    "docs/page": "one\n",
    "empty": "",
    "gone": "one\n",
    "kept": "one\n",
    "pyproject.toml": PROJECT,
    "run.sh": "#!/bin/sh\n",
    "taken": "one\n",
}
_CHANGED = ("b", "docs/page", "empty", "run.sh")
_REMOVED = ("docs/lonely/x", "docs/old", "gone", "taken")
_NEW = ("infra/new", "new", "secret", "taken/inner")

PATHS = (FILE, "a", "kept", "own", "own.log", *_CHANGED, *_REMOVED, *_NEW)
"""Paths that an update changes, removes, adds or leaves, and paths that it does not have."""

_GIT = ("-c", "protocol.file.allow=always")


@dataclass
class World:
    """A repository of a kind; ``folder`` is the context's. `reset` restores its first state."""

    kind: str
    place: Path
    folder: Path
    old: Path
    new: Path
    merge: Merge
    merged: Merged

    @property
    def run(self) -> Path:
        """The folder with all repositories of this kind."""
        return self.place / "run"

    def reset(self) -> None:
        """Restore the first state."""
        for name in ("run", "temporary"):
            shutil.rmtree(self.place / name, ignore_errors=True)
        (self.place / "temporary").mkdir()
        shutil.copytree(self.place / "first", self.place / "run", symlinks=True)


def world(kind: str, place: Path, like: World | None) -> World:
    """Make a repository of a kind in a new folder; ``like`` is a repository with the same files."""
    run = place / "run"
    run.mkdir(parents=True)
    folder = KINDS[kind](run)
    _pack(run)
    shutil.copytree(run, place / "first", symlinks=True)
    if like:
        merge = copy(like.merge)
        merge.repository = Git(folder)
        return replace(like, kind=kind, place=place, folder=folder, merge=merge)
    new = {**_OLD, **{path: f"new {path}\n" for path in ("a", *_CHANGED, *_NEW)}}
    new = {path: text for path, text in new.items() if path not in _REMOVED}
    old_bake = _written(place / "old", {**_OLD, FILE: record(ANSWERS)})
    new_bake = _written(place / "new", {**new, FILE: record({**ANSWERS, "owner": "x"})})
    old_copy, new_copy = (Path(shutil.copytree(bake, place / f"{bake.name}-copy")) for bake in (old_bake, new_bake))
    merge = Merge(folder, place / "merge")
    merged = merge.run(old_copy, new_copy, Pins(VERSION, VERSION))
    return World(kind, place, folder, old_bake, new_bake, merge, merged)


def _pack(folder: Path) -> None:
    """Pack the repositories in a folder: a copy is faster."""
    for git in folder.rglob(".git"):
        if git.is_dir():
            Git(git.parent)("repack", "-a", "-d", "-q")
            shutil.rmtree(git / "hooks", ignore_errors=True)


def _written(folder: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text.encode())
        if path.endswith(".sh"):
            (folder / path).chmod(0o755)
    return folder


def _context(folder: Path) -> Path:
    return _written(folder, {**_OLD, FILE: record(ANSWERS), "a": "ours\n", "own": "ours\n"})


def _plain(run: Path) -> Path:
    Team(_context(run / "team"))
    return run / "team"


def _without_conflict(run: Path) -> Path:
    Team(_written(_context(run / "team"), {"a": "one\n"}))
    return run / "team"


def _folder(run: Path) -> Path:
    """A folder of a larger repository."""
    folder = _context(run / "whole" / "contexts" / "order")
    _written(run / "whole", {"a": "another a\n"})
    Team(run / "whole")
    return folder


def _worktree(run: Path) -> Path:
    team = Team(_context(run / "main"))
    team.git("worktree", "add", "--quiet", "-b", "work", str(run / "team"))
    return run / "team"


def _with_submodule(run: Path) -> Path:
    Team(_written(run / "other", {"x": "one\n"}))
    team = Team(_context(run / "team"))
    team.git(*_GIT, "submodule", "--quiet", "add", str(run / "other"), "module")
    team.commit()
    return run / "team"


def _submodule(run: Path) -> Path:
    """A submodule of a larger repository."""
    Team(_context(run / "other"))
    whole = Team(_written(run / "whole", {"x": "one\n"}))
    whole.git(*_GIT, "submodule", "--quiet", "add", str(run / "other"), "order")
    whole.commit()
    return run / "whole" / "order"


def _sparse(run: Path) -> Path:
    team = Team(_context(run / "team"))
    team.git("sparse-checkout", "set", "--no-cone", "/*", "!/docs/")
    assert not (run / "team" / "docs").exists()
    return run / "team"


def _crlf(run: Path) -> Path:
    """All files have CRLF in the work tree, and LF in git."""
    team = Team(_context(run / "team"))
    team.git("config", "core.autocrlf", "true")
    (run / "team" / ".git" / "index").unlink()
    team.git("-c", "core.autocrlf=true", "reset", "--quiet", "--hard")
    assert b"\r\n" in (run / "team" / "b").read_bytes()
    return run / "team"


KINDS: dict[str, Callable[[Path], Path]] = {
    "plain": _plain,
    "without conflict": _without_conflict,
    "folder": _folder,
    "worktree": _worktree,
    "with submodule": _with_submodule,
    "submodule": _submodule,
    "sparse": _sparse,
    "crlf": _crlf,
}
"""The kinds of repositories."""
