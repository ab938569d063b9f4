"""The environment of the simulation without pytest: the other parts of the package `tests`, and the default context."""

import sys
from pathlib import Path

_LIBRARY = Path(__file__).parents[3]

sys.path[:0] = [str(_LIBRARY), str(_LIBRARY / "runtime")]

from tests import everywhere as everywhere  # noqa: E402 (by the path)
