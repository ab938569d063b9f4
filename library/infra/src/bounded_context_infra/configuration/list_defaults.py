"""Defaults of the settings of lists. This module imports nothing, since the bake reads it without the library."""

MAX_LIST_MB = 1024
TOLERATED_SHARE = 0.0
TEMPORARY_NAMES = (".filepart", ".tmp", ".part")
"""The endings of file names that clients use during an upload, before they rename the file."""
