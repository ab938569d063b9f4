"""The options of the library's pytest plugin that `context check --changed` sets, and the file of own promises."""

from typing import Final

LEAVE_OUT_PROMISES: Final = "--leave-out-promises"
"""The option of the plugin that skips all promises."""

LEAVE_OUT_PROGRAM: Final = "--leave-out-program"
"""The option of the plugin that skips only the promises about the programs' resources."""

OWN_PROMISES: Final = "tests/test_promises.py"
"""The file by which a repository tests the promises itself, instead of the plugin. Older repositories have it."""
