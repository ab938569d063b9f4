"""The library, as a repository gets it: a wheel in its own ``vendor/`` folder, a package of an index, or a tag of git.

Standard library only: the hooks and cookiecutter's own process import this module, whatever is installed beside them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
REPOSITORY = _HERE.parent if (_HERE.parent / "cookiecutter.json").exists() else _HERE / "repository"
"""Where this template lies: a clone or a download; if it is installed as a package, its copy in there."""

SOURCES = REPOSITORY / "library"
FOLDER = "vendor"

WHEEL, INDEX, GIT = WAYS = ("wheel", "index", "git")
"""The answers: built of the clone that bakes, from the package index, or from the template's repository."""


def _project(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]


VERSION = str(_project(SOURCES)["version"])
"""Of the library and of the template, which are released together, by one tag."""

BUILT = "BOUNDED_CONTEXT_WHEEL"
"""The variable that names a folder with the library's wheel as these sources build it, for many bakes of one run."""

_FILE = f"{FOLDER}/bounded_context-{VERSION}-py3-none-any.whl"


class LibraryError(Exception):
    """The wheel cannot be built: the message says what to do."""


def source(way: str) -> str:
    """Return where a repository's ``pyproject.toml`` says that uv finds the library; an index needs no word."""
    if way == WHEEL:
        return f'{{ path = "{_FILE}" }}'
    if way == GIT:
        return f'{{ git = "{address()}", tag = "v{VERSION}", subdirectory = "{SOURCES.name}" }}'
    return ""


def address() -> str:
    """Return the address of the template's repository, which its own ``pyproject.toml`` names."""
    return str(_project(REPOSITORY)["urls"]["Repository"])


def vendor(project: Path) -> Path:
    """Put the library's wheel into the project's ``vendor/`` folder, in place of an older one, and return its path.

    Raises:
        LibraryError: uv is not installed, or it could not build.
    """
    folder, wheel = project / FOLDER, project / _FILE
    for older in folder.glob("bounded_context-*.whl"):
        older.unlink()
    if BUILT in os.environ:
        folder.mkdir(exist_ok=True)
        return Path(shutil.copyfile(Path(os.environ[BUILT]) / wheel.name, wheel))
    return build(folder)


def build(folder: Path) -> Path:
    """Build the library's wheel into a folder and return its path.

    uv's own build backend needs neither network nor environment, and the same sources give the same bytes.

    Raises:
        LibraryError: uv is not installed, or it could not build.
    """
    command = [find_uv(), "build", "--wheel", "--quiet", "--no-create-gitignore", "--out-dir", str(folder)]
    done = subprocess.run([*command, str(SOURCES)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise LibraryError(f"The library could not be built: {done.stderr.strip()}")
    return folder / Path(_FILE).name


def python() -> list[str]:
    """Return the command of a Python that has the library and Pulumi: ours in a clone, else one that uv makes.

    Raises:
        LibraryError: uv is not installed.
    """
    if find_spec("bounded_context") and find_spec("pulumi_aws"):
        return [sys.executable]
    packages = f"bounded-context[infra] @ {SOURCES.as_uri()}"
    return [find_uv(), "run", "--quiet", "--no-project", "--with", packages, "python"]


def find_uv() -> str:
    """Return uv's path: of the uv that runs us, or of the one on the PATH. Raises LibraryError if there is none."""
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        raise LibraryError("This needs uv, which is not on the PATH: pip install uv")
    return uv
