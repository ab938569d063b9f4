"""Completion of a command that starts the embedded AWS: clean-up and exit status."""

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from bounded_context_cli.command.aws_errors import INTERRUPTED
from bounded_context_cli.command.errors import LocalRunError
from bounded_context_infra.configuration.project import ProjectError

from ..emulator.aws import UNANSWERED
from ..emulator.endpoints import ending_with_launchers
from .screen import RunScreen


def exit_status(run: Callable[[], int], screen: RunScreen) -> int:
    """Run a command and return its exit status: 130 after Ctrl-C, 1 with a message on the screen after a failure.

    The run also ends when a command that started it, such as `uv run context run`, is killed.
    """
    signal.signal(signal.SIGTERM, _exit)
    try:
        with ending_with_launchers():
            return run()
    except KeyboardInterrupt:
        # uv forwards the terminal's Ctrl-C, so the signal may arrive twice.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.fail("Interrupted: everything that was started is stopped.")
        return INTERRUPTED
    except (LocalRunError, ProjectError) as error:
        screen.fail(str(error))
        return 1
    except UNANSWERED as error:
        screen.fail(f"The emulator does not answer: start the run again ({error}).")
        return 1


def _exit(number: int, _: FrameType | None) -> NoReturn:
    """Raise SystemExit on SIGTERM, so every `finally` block runs."""
    sys.exit(128 + number)
