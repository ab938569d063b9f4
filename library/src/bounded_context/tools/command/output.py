"""Messages of commands on standard error."""

import sys

from .statuses import FAILED, REFUSED


def fail(sentence: str, status: int = FAILED) -> int:
    """Print an error (fault, place, remedy) and return the exit status."""
    sys.stderr.write(f"Error: {sentence}\n")
    return status


def refuse(sentence: str) -> int:
    """Print why the command changed nothing, and return the exit status 2."""
    return fail(sentence, REFUSED)
