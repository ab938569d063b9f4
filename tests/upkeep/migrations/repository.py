"""Small repositories for the tests of single steps, and planted steps for the tests of the engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from template.upkeep import migrations
from template.upkeep.migrations import Step
from template.upkeep.migrations.files import write
from template.upkeep.migrations.python import add_import, imports, modules, remove_imports

Apply = Callable[[Path, Path], Iterable[str]]


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
    """Apply the step ``v<version>.<concern>`` to files, twice; return the files and the notes.

    The second time changes no file.
    """
    repository, baked = written(tmp_path / "team", files), written(tmp_path / "bake", template or {})
    module = import_module(f"{migrations.__name__}.{step}")
    notes = list(module.apply(repository, baked))
    after = read(repository)
    list(module.apply(repository, baked))
    assert read(repository) == after
    return after, notes


@dataclass(frozen=True)
class Planted(Step):
    """A step whose function is in the test."""

    function: Apply = lambda _repository, _template: ()

    def apply(self, repository: Path, template: Path) -> list[str]:
        """Apply the function."""
        return list(self.function(repository, template))


def planted(function: Apply, version: str = "", *, of_team: bool = False) -> Planted:
    """Return a step with this function."""
    return Planted(version, "", function.__doc__ or "", of_team, function=function)


def rename(repository: Path, _template: Path) -> Iterable[str]:
    """Import `Preset` from its new module"""
    for path, module in modules(repository, "bounded_context"):
        if ("bounded_context.old", "Preset", "Preset") in imports(module):
            moved = remove_imports(module, "bounded_context.old", "Preset")
            write(path, add_import(moved, "bounded_context.new", "Preset").code)
    return ()
