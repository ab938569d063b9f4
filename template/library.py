"""The sources of the library for a repository: a wheel in its folder ``vendor/``, a package index, or a tag in git.

Standard library only: cookiecutter's process and the hooks import this module, and other packages may be missing there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
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
"""The address in an unpublished template, which another person could register."""


def _project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


NAME, VERSION = (str(_project(SOURCES)[key]) for key in ("name", "version"))
"""The library's distribution, and the version of the library and the template, which one tag releases together."""


def packages() -> frozenset[str]:
    """Return the packages of a repository's lock, with underscores: the library, and those that its extras pin."""
    project = _project(SOURCES)
    pins = [project["name"], *(pin for extra in project["optional-dependencies"].values() for pin in extra)]
    return frozenset(re.split(r"[^\w.-]", pin)[0].lower().replace("-", "_").replace(".", "_") for pin in pins)


BUILT = "BOUNDED_CONTEXT_WHEEL"
"""The environment variable with the folder of a wheel that was built from these sources, to be used by many bakes."""

REPOSITORY_OF_LIBRARY = "BOUNDED_CONTEXT_REPOSITORY"
"""The environment variable with an address of the template's repository instead of the address in its sources."""

_WHEEL = f"{FOLDER}/{NAME.replace('-', '_')}-{{}}.whl"
_FILE = _WHEEL.format(f"{VERSION}-py3-none-any")


class LibraryError(Exception):
    """The wheel cannot be built; the message names the remedy."""


def source(way: str) -> str:
    """Return the library's entry in ``tool.uv.sources`` of ``pyproject.toml``; an index has the library's name."""
    if way == WHEEL:
        return f'{{ path = "{_FILE}" }}'
    if way == GIT:
        return f'{{ git = "{address()}", tag = "v{VERSION}", subdirectory = "{SOURCES.name}" }}'
    return f'{{ index = "{NAME}" }}'


def address() -> str:
    """Return the address of the template's repository, from the library's ``pyproject.toml``."""
    return os.environ.get(REPOSITORY_OF_LIBRARY) or str(_project(SOURCES)["urls"]["Repository"])


def wheels(project: Path) -> Iterator[Path]:
    """Return the wheels of the library in a project, of all versions."""
    return project.glob(_WHEEL.format("*"))


def vendor(project: Path) -> Path:
    """Replace the wheel in the project's folder ``vendor/`` by the library's current wheel, and return its path.

    Raises:
        LibraryError: uv is not installed, or the build failed.
    """
    folder, wheel = project / FOLDER, project / _FILE
    for older in wheels(project):
        older.unlink()
    if BUILT in os.environ:
        folder.mkdir(exist_ok=True)
        return Path(shutil.copyfile(Path(os.environ[BUILT]) / wheel.name, wheel))
    return build(folder)


def build(folder: Path) -> Path:
    """Build the library's wheel into a folder and return its path.

    uv's build backend needs neither network nor environment, and the same sources give the same bytes.

    Raises:
        LibraryError: uv is not installed, or the build failed.
    """
    command = [find_uv(), "build", "--wheel", "--quiet", "--no-create-gitignore", "--out-dir", str(folder)]
    done = subprocess.run([*command, str(SOURCES)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LibraryError(f"The library could not be built: {done.stderr.strip()}")
    return folder / Path(_FILE).name


_CONTEXT = "from bounded_context_cli.command import main; raise SystemExit(main())"
"""The console script `context`, also where the folder of scripts is not on the PATH."""


def context() -> list[str]:
    """Return the console script `context` with the library and Pulumi: ours in a clone, else one that uv creates.

    Raises:
        LibraryError: uv is not installed.
    """
    if find_spec("bounded_context") and find_spec("pulumi_aws"):
        return [sys.executable, "-c", _CONTEXT]
    packages = f"{NAME}[infra,runtime] @ {SOURCES.as_uri()}"
    return [find_uv(), "run", "--quiet", "--no-project", "--with", packages, "context"]


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
        raise LibraryError("This needs uv, which is not on the PATH: pip install uv")
    return uv
