"""The files in a repository's ``docs/api``."""

import json
from pathlib import Path
from typing import Any

from ....declaration.context import Context
from ...views.pages.api import api_page
from ..release import release
from .document import as_json, document
from .places import FOLDER, NAME


def files(context: Context[Any], root: Path) -> dict[Path, str]:
    """Return the expected text of each file in a repository's ``docs/api``."""
    text = as_json(document(context, release(root)))
    return {root / FOLDER / NAME: text, root / FOLDER / "index.html": api_page(json.loads(text))}
