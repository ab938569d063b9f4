"""The committed OpenAPI document of a repository, and the check whether a new document may replace it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bounded_context.declaration.context import Context

from ..release import breaking, may_break, release
from . import FOLDER, NAME
from .breaks import breaks
from .document import as_json, document


def expected(context: Context[Any], root: Path) -> str:
    """Return the expected text of a repository's OpenAPI document."""
    return as_json(document(context, release(root)))


def missed(context: Context[Any], root: Path) -> Iterator[str]:
    """Yield a sentence for each break of callers that use the committed document of a repository.

    Yields nothing if the package's version permits breaking changes since the document's version.
    """
    path, version = root / FOLDER / NAME, release(root)
    old = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    if old is None or may_break(old["info"]["version"], version):
        return
    new = document(context, version) if context.api else {"paths": {}}
    for phrase in breaks(old, new):
        yield (
            f"{phrase}, and callers that use {FOLDER / NAME} of {old['info']['version']} rely on it: undo the change, "
            f"add the new form without removing the old one, or, if callers know about the break, write "
            f'version = "{breaking(version)}" into pyproject.toml.'
        )
