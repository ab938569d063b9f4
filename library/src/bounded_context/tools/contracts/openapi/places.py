"""The path of the API's document in a repository."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path("docs", "api")
NAME: Final = "openapi.json"
