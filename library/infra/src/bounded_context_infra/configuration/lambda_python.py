"""The version of Python in Lambda, in the pipeline's builds, and for the layer's packages."""

from typing import Final

PYTHON: Final = "3.14"
"""The interpreter of a local run is this machine's own."""
