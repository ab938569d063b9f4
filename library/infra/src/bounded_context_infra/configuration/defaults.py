"""Defaults of settings and of Python's version. This module imports nothing: the bake reads it without the library."""

from typing import Final

MAX_LIST_MB = 1024
TOLERATED_SHARE = 0.0
TEMPORARY_NAMES = (".filepart", ".tmp", ".part")
"""The endings of file names that clients use during an upload, before they rename the file."""


PYTHON: Final = "3.14"
"""The interpreter of a local run is this machine's own."""

NONCURRENT_DAYS: Final = 30
"""Days of an object's version in a bucket that is no longer current."""

ERROR_DAYS: Final = 14
"""Days of an event that an archive could not convert, as in a dead-letter queue."""
