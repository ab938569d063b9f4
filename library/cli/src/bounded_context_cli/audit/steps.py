"""The packages of the pipeline's steps outside of `uv.lock`: those of the lists of requirements."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from bounded_context_infra.configuration.project import Project

from ..programs.layer import LAYER
from ..programs.pulumi_files import PIPELINE, settings, stack_file

_POLICIES: Final = Path(__file__).parents[1] / "data" / "policies.txt"
_PIN: Final = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)
_SOURCE: Final = 'source = {{ registry = "{}" }}'


def requirements(project: Project) -> Iterator[Path]:
    """Yield the lists of packages that a step installs besides the lock: uv, and a configured policy pack."""
    yield from project.pipeline.glob("requirements.txt")
    if stack_file(project.pipeline, PIPELINE).is_file() and "policies" in settings(project.pipeline, PIPELINE):
        yield from (_POLICIES, LAYER)


@contextmanager
def locks(project: Project) -> Iterator[list[Path]]:
    """Yield the folders with locks of the packages of steps: the repository, and one for the other lists."""
    locked = _locked(project)
    pins = {pin for file in requirements(project) for pin in _PIN.findall(file.read_text(encoding="utf-8"))}
    pins -= {(entry["name"], entry.get("version")) for entry in locked}
    registries = [entry["source"]["registry"] for entry in locked if "registry" in entry["source"]]
    with TemporaryDirectory() as folder:
        if pins:
            _write(Path(folder), sorted(pins), registries[0] if registries else "index")
        yield [project.root, *([Path(folder)] if pins else [])]


def _write(folder: Path, pins: Sequence[tuple[str, str]], registry: str) -> None:
    """Write a project with a lock of these packages, as `uv export` and `uv audit` read it."""
    required = ", ".join(f'"{name}=={version}"' for name, version in pins)
    own, python = 'name = "steps"\nversion = "0"\n', 'requires-python = ">=3.11"\n'
    entries = [f'name = "{name}"\nversion = "{version}"\n{_SOURCE.format(registry)}' for name, version in pins]
    wanted = ", ".join(f"{{ {', '.join(entry.splitlines())} }}" for entry in entries)
    packages = (f'{own}source = {{ virtual = "." }}\ndependencies = [{wanted}]', *entries)
    lock = "".join(f"\n[[package]]\n{entry}\n" for entry in packages)
    (folder / "pyproject.toml").write_text(f"[project]\n{own}{python}dependencies = [{required}]\n", encoding="utf-8")
    (folder / "uv.lock").write_text(f"version = 1\n{python}{lock}", encoding="utf-8")


def _locked(project: Project) -> list[dict[str, Any]]:
    lock = project.root / "uv.lock"
    return tomllib.loads(lock.read_text(encoding="utf-8"))["package"] if lock.is_file() else []
