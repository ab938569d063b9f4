"""The HTTP API's OpenAPI document, generated from a context's routes and committed in ``docs/api``."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path("docs", "api")
NAME: Final = "openapi.json"
