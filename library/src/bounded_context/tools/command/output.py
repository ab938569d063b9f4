"""The output of commands: exit statuses (0 is success), messages on standard error, and files."""

import signal
import sys
from pathlib import Path
from typing import Final

FAILED: Final = 1
"""The command found a fault, or could not end its work."""

REFUSED: Final = 2
"""The command changed nothing."""

INTERRUPTED: Final = 128 + signal.SIGINT
"""Ctrl-C, as in a shell."""


def fail(sentence: str, status: int = FAILED) -> int:
    """Print an error (fault, place, remedy) and return the exit status."""
    sys.stderr.write(f"Error: {sentence}\n")
    return status


def refuse(sentence: str) -> int:
    """Print why the command changed nothing, and return the exit status 2."""
    return fail(sentence, REFUSED)


def update_file(path: Path, text: str) -> bool:
    """Write a file if it has other content. Return whether it was written."""
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True
