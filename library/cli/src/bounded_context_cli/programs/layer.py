"""The pinned packages of the functions' layer."""

from importlib.resources import files
from pathlib import Path
from typing import Final

LAYER: Final = Path(str(files("bounded_context"))) / "data" / "layer.txt"
