"""The console script `context`: its commands, their output, errors and exit statuses."""

import signal
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of the process, and return the exit status: 130 after Ctrl-C."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        # uv forwards the terminal's Ctrl-C, so the signal may arrive twice.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        return 128 + signal.SIGINT


def _run(arguments: Sequence[str] | None) -> int:
    try:
        from .application import run
    except ModuleNotFoundError as error:
        sys.stderr.write(f"Error: bounded-context: the package {error.name} is not installed: run `uv sync`.\n")
        return 1
    return run(arguments)
