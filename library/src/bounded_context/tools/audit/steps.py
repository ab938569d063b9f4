"""The packages of the pipeline's steps outside of `uv.lock`: those of the lists of requirements, and build backends."""

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from ...configuration.project import Project
from ..programs.pulumi_files import PIPELINE, settings, stack_file
from .packages import Finding

_DATA: Final = Path(__file__).parents[2] / "data"
_PIN: Final = re.compile(r"^([\w.-]+)==([^\s;\\]+)", re.MULTILINE)
_SOURCE: Final = 'source = {{ registry = "{}" }}'
_REQUIREMENT: Final = re.compile(r"([\w.-]+)(?:\s*==\s*([^\s;,]+))?")


def requirements(project: Project) -> Iterator[Path]:
    """Yield the lists of packages that a step installs besides the lock: uv, and a configured policy pack."""
    yield from project.pipeline.glob("requirements.txt")
    if stack_file(project.pipeline, PIPELINE).is_file() and "policies" in settings(project.pipeline, PIPELINE):
        yield from (_DATA / "policies.txt", _DATA / "layer.txt")


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


def unlocked(project: Project) -> Iterator[Finding]:
    """Yield a finding for each package that a step would build with packages that the lock does not contain.

    uv builds in an isolated environment, whose packages are in no lock (uv's documentation, "Configuring projects",
    "Build isolation").
    """
    document, locked = _toml(project.root / "pyproject.toml"), _locked(project)
    options = document.get("tool", {}).get("uv", {})
    shared = {*map(_plain, options.get("no-build-isolation-package", ()))}
    if backends := document.get("build-system", {}).get("requires", ()):
        yield from _isolated(document["project"]["name"], shared)
    yield from _missing(backends, {entry["name"]: entry.get("version", "") for entry in locked})
    for entry in locked:
        if "sdist" in entry and not entry.get("wheels") and entry["name"] not in shared:
            words = f"uv.lock: {entry['name']} {entry['version']} has no wheel, so a step builds it with other packages"
            yield Finding(frozenset({entry["name"]}), f"{words}: require a version with a wheel.")


def _isolated(name: str, shared: Set[str]) -> Iterator[Finding]:
    if _plain(name) not in shared:
        words = f"pyproject.toml: {name} is built with packages that uv.lock does not contain"
        yield Finding(frozenset({name}), f'{words}: add "{name}" to no-build-isolation-package in [tool.uv].')


def _missing(backends: Sequence[str], versions: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding for each requirement of the build that the lock lacks, or has in another version."""
    for requirement in backends:
        name, pin = _REQUIREMENT.findall(requirement)[0]
        if pin not in {"", versions.get(_plain(name))} or _plain(name) not in versions:
            words = f"uv.lock: {requirement} is missing, which builds the project in each step"
            yield Finding(frozenset({name}), f'{words}: add "{requirement}" to the group dev, and run `uv lock`.')


def _locked(project: Project) -> list[dict[str, Any]]:
    return _toml(project.root / "uv.lock").get("package", [])


def _toml(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}


def _plain(name: str) -> str:
    """Return a package's name as the lock has it (Python Packaging User Guide, "Names and normalization")."""
    return re.sub(r"[-_.]+", "-", name).lower()
