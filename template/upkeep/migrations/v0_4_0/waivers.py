"""The renamed policies in a repository's waivers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import ParseError

from ....alone import alone
from ..files import edit
from ..run import refused
from .recipes import SETTINGS


def apply(repository: Path, _template: Path) -> Iterator[str]:
    """Rename the policies in the waivers of pyproject.toml."""
    path = repository / SETTINGS

    def changed(content: str) -> str:
        try:
            document: Any = tomlkit.parse(content)
        except ParseError as error:
            raise refused(repository, path, str(error)) from None
        renamed = alone("policies.renamed").RENAMED
        for waiver in document.get("tool", {}).get("bounded-context", {}).get("waivers", []):
            if new := renamed.get(waiver.get("policy")):
                waiver["policy"] = new
        return tomlkit.dumps(document)

    edit(path, changed)
    yield from ()
