"""Whether the document that the code makes may take the place of the committed one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...context import Context
from ..release import breaking, may_break, release
from .breaks import breaks
from .document import document
from .places import FOLDER, NAME


def missed(context: Context[Any], root: Path) -> Iterator[str]:
    """Say in a sentence each what callers by the committed document of a repository rely on and would not find.

    Nothing if the version of the package says that it may break those of the document's version.
    """
    path, version = root / FOLDER / NAME, release(root)
    old = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    if old is None or may_break(old["info"]["version"], version):
        return
    new = document(context, version) if context.api else {"paths": {}}
    for phrase in breaks(old, new):
        yield (
            f"{phrase}, and callers by {FOLDER / NAME} of {old['info']['version']} rely on it: take that back, let the "
            f'new come beside it, or write version = "{breaking(version)}" into pyproject.toml if callers know.'
        )
