"""The sources of the library for a repository: a wheel in its folder ``vendor/``, a package index, or a tag in git.

Standard library only: cookiecutter's process and the hooks import this module, and other packages may be missing there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
REPOSITORY = _HERE.parent if (_HERE.parent / "cookiecutter.json").exists() else _HERE / "repository"
"""The template's folder: a clone or a download, or the copy in the installed package."""

SOURCES = REPOSITORY / "library"
FOLDER = "vendor"

WHEEL, INDEX, GIT = WAYS = ("wheel", "https://python.example.com/index", "git")
"""The answers: a wheel built from this clone, the address of a package index (an example), or this repository."""

PLACEHOLDER = "https://github.com/org/template"
"""The address in an unpublished template, which another person could register: no page names it."""

CLONE = "../template"
"""A clone of the template beside a repository, in commands of an unpublished template."""


def _project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


FOLDERS = ("runtime", "infra", "cli", "operations", "local", "platform", "lab")
"""The folders of the distributions: each needs only those before it."""

PROJECTS = {folder: _project(SOURCES / folder) for folder in FOLDERS}

NAME, VERSION = (str(PROJECTS["runtime"][key]) for key in ("name", "version"))
"""The runtime's distribution, and the version of the library and the template, which one tag releases together."""

CODE = {
    folder: SOURCES / folder / "src" / str(project["name"]).replace("-", "_") for folder, project in PROJECTS.items()
}
"""The folders of the distributions' packages."""

DISTRIBUTIONS = {str(project["name"]): folder for folder, project in PROJECTS.items()}
"""The folders of the distributions by their names."""


def packages() -> frozenset[str]:
    """Return the packages of a repository's lock, with underscores: the library, and those that its extras pin."""
    extras = (extra for project in PROJECTS.values() for extra in project.get("optional-dependencies", {}).values())
    pins = [*DISTRIBUTIONS, *(pin for extra in extras for pin in extra)]
    return frozenset(re.split(r"[^\w.-]", pin)[0].lower().replace("-", "_").replace(".", "_") for pin in pins)


BUILT = "BOUNDED_CONTEXT_WHEEL"
"""The environment variable with the folder of a wheel that was built from these sources, to be used by many bakes."""

REPOSITORY_OF_LIBRARY = "BOUNDED_CONTEXT_REPOSITORY"
"""The environment variable with an address of the template's repository instead of the address in its sources."""

_FILE = f"{FOLDER}/{{}}-{VERSION}-py3-none-any.whl"


class LibraryError(Exception):
    """The wheel cannot be built; the message names the remedy."""


def sources(way: str) -> str:
    """Return the library's entries in ``tool.uv.sources`` of ``pyproject.toml``; an index has the runtime's name."""
    return "\n".join(f"{name} = {_source(way, name, folder)}" for name, folder in DISTRIBUTIONS.items())


def _source(way: str, name: str, folder: str) -> str:
    if way == WHEEL:
        return f'{{ path = "{_file(name)}" }}'
    if way == GIT:
        return f'{{ git = "{address()}", tag = "v{VERSION}", subdirectory = "{SOURCES.name}/{folder}" }}'
    return f'{{ index = "{NAME}" }}'


def _file(name: str) -> str:
    return _FILE.format(name.replace("-", "_"))


def address() -> str:
    """Return the address of the template's repository, from the runtime's ``pyproject.toml``."""
    return os.environ.get(REPOSITORY_OF_LIBRARY) or str(PROJECTS["runtime"]["urls"]["Repository"])


def origin() -> str:
    """Return the template for ``uvx --from``: its published repository, or a clone."""
    return CLONE if address() == PLACEHOLDER else f"git+{address()}"


def wheels(project: Path) -> Iterator[Path]:
    """Return the wheels of the library in a project, of all versions."""
    return (wheel for name in DISTRIBUTIONS for wheel in project.glob(f"{FOLDER}/{name.replace('-', '_')}-[0-9]*.whl"))


def vendor(project: Path) -> list[Path]:
    """Replace the wheels in the project's folder ``vendor/`` by the library's current wheels, and return their paths.

    Raises:
        LibraryError: uv is not installed, or the build failed.
    """
    folder, files = project / FOLDER, [project / _file(name) for name in DISTRIBUTIONS]
    for older in [*wheels(project)]:
        older.unlink()
    if BUILT in os.environ:
        folder.mkdir(exist_ok=True)
        return [Path(shutil.copyfile(Path(os.environ[BUILT]) / file.name, file)) for file in files]
    build(folder)
    return files


def build(folder: Path, sources: Sequence[str] = FOLDERS) -> Path:
    """Build the library's wheels into a folder and return it; ``sources`` are the folders of the distributions.

    uv's build backend needs neither network nor environment, and the same sources give the same bytes.

    Raises:
        LibraryError: uv is not installed, or the build failed.
    """
    command = [find_uv(), "build", "--wheel", "--quiet", "--no-create-gitignore", "--out-dir", str(folder)]
    for source in sources:
        process = subprocess.run([*command, str(SOURCES / source)], capture_output=True, text=True, check=False)
        if process.returncode:
            raise LibraryError(f"The library could not be built: {process.stderr.strip()}")
    return folder


@cache
def program(name: str, path: str | None) -> str | None:
    """Return the path of a program. The first search counts: code of a repository may write programs later."""
    return shutil.which(name, path=path)


def find_uv() -> str:
    """Return the path of the uv that started this process, or of uv on the PATH.

    Raises:
        LibraryError: uv is not installed.
    """
    uv = os.environ.get("UV") or program("uv", os.environ.get("PATH"))
    if uv is None:
        raise LibraryError("This needs uv, which is not on the PATH: pipx install uv, or pip install uv")
    return uv
