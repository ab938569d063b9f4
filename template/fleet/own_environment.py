"""The environment of a repository's code: its packages, home and temporary files, which no other repository uses."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..alone import alone

Step = tuple[list[str], Mapping[str, str]]
"""The arguments of uv, and all environment variables of its process."""

_UV = re.compile(r"(?!UV_INDEX_.*_(USERNAME|PASSWORD)$)(UV_|XDG_).*|NETRC|.*_PROXY", re.IGNORECASE)
"""Settings of uv. A password that belongs to the name of an index would go to the address that the repository names."""

_DATA_ONLY = ("--no-install-project", "--no-build", "--no-compile-bytecode", "--link-mode=copy")
"""Options with which `uv sync` runs no code of the repository, and does not link its files to those of the cache."""

_VERSION = re.compile(r"\d+(\.\d+)*")


class OwnEnvironment:
    """The environment of a repository's ``copy`` in ``folder``, which the caller deletes."""

    def __init__(self, folder: Path, copy: Path) -> None:
        self._packages, home, temporary = folder / "packages", folder / "home", folder / "tmp"
        for directory in (home, temporary):
            directory.mkdir(parents=True, exist_ok=True)
        own = {"HOME": home, "TMPDIR": temporary, "UV_PROJECT_ENVIRONMENT": self._packages, "UV_PYTHON": _python(copy)}
        self.variables: Mapping[str, str] = {
            **alone("cli", "command.environment").allowed(os.environ),
            "UV_PYTHON_DOWNLOADS": "never",
            **{name: str(value) for name, value in own.items()},
        }
        """The variables of processes that run the repository's code."""

    @property
    def programs(self) -> Path:
        """The folder of the programs that the packages install."""
        return self._packages / "bin"

    def installation(self) -> list[Step]:
        """Return the steps that install the packages; the status of the last step is the result.

        The first steps install locked wheels with the operator's cache and settings of uv, and run no code. The last
        step builds the rest: the project, and packages without a wheel.
        """
        return [
            self._empty(),
            (["sync", "--quiet", *_DATA_ONLY], self._installing()),
            (["sync", "--quiet"], self.variables),
        ]

    def library(self, wheels: Sequence[Path]) -> list[Step]:
        """Return the steps that install the template's library from its ``wheels``, with the packages of declarations.

        They run no code. The last step needs a network, and is needed only if the step before it fails.
        """
        packages = ["--python", str(self._packages), *map(str, wheels)]
        words = ["pip", "install", "--quiet", "--no-build", "--link-mode=copy", *packages]
        return [self._empty(), ([*words, "--offline"], self._installing()), (words, self._installing())]

    def _empty(self) -> Step:
        return ["venv", "--quiet", "--no-config", "--no-project", str(self._packages)], self._installing()

    def _installing(self) -> dict[str, str]:
        """Return the variables of processes that run no code of the repository."""
        settings = {name: value for name, value in os.environ.items() if _UV.fullmatch(name)}
        return {**settings, **self.variables, "HOME": str(Path.home())}


def _python(copy: Path) -> str:
    """Return the version of Python in `.python-version`, by default this one. A path there is a program: ignore it."""
    file = copy / ".python-version"
    text = file.read_text(encoding="utf-8", errors="replace").strip() if file.is_file() else ""
    return text if _VERSION.fullmatch(text) else f"{sys.version_info.major}.{sys.version_info.minor}"
