"""The exit statuses of commands. 0 is success."""

import signal
from typing import Final

FAILED: Final = 1
"""The command found a fault, or could not end its work."""

REFUSED: Final = 2
"""The command changed nothing."""

INTERRUPTED: Final = 128 + signal.SIGINT
"""Ctrl-C, as in a shell."""
