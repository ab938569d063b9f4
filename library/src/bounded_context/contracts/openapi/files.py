"""What lies in a repository's ``docs/api``."""

import json
from pathlib import Path
from typing import Any

from ...context import Context
from .document import as_json, document
from .page import page


def files(context: Context[Any], folder: Path) -> dict[Path, str]:
    """Return the text of each file that is to lie in ``folder``."""
    text = as_json(document(context))
    return {folder / "openapi.json": text, folder / "index.html": page(json.loads(text))}
