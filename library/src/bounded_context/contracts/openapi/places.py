"""Where a repository keeps the document of its API."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path("docs", "api")
NAME: Final = "openapi.json"
