"""Small repositories for the tests of single steps."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

PACKAGE = "template.upkeep.migrations"


def written(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files into a folder, and return it."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode())
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def read(folder: Path) -> dict[str, str]:
    """Return the files of a folder."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode() for path in files}


def applied(
    step: str, tmp_path: Path, files: Mapping[str, str], template: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """Apply a step, such as `v0_5_0.program`, to files, twice; return the files and the notes. The second time changes no file."""
    repository, baked = written(tmp_path / "team", files), written(tmp_path / "bake", template or {})
    module = import_module(f"{PACKAGE}.{step if '.' in step else f'v0_4_0.{step}'}")
    notes = list(module.apply(repository, baked))
    after = read(repository)
    list(module.apply(repository, baked))
    assert read(repository) == after
    return after, notes
