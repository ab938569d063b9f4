"""The resource types of `data/resources.toml`, which describes its keys."""

import tomllib
from pathlib import Path
from typing import Any, Final

_FILE: Final = Path(__file__).parents[1] / "data" / "resources.toml"

RESOURCE_TYPES: Final[dict[str, dict[str, Any]]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))
"""By the type without its package, such as `sqs/queue`."""
