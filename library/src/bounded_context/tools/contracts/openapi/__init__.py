"""The HTTP API's OpenAPI document and its page, generated from a context's routes and committed in ``docs/api``."""

from pathlib import Path
from typing import Final

FOLDER: Final = Path("docs", "api")
NAME: Final = "openapi.json"
