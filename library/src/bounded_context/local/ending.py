"""How a command that starts the embedded AWS ends: everything that it started is stopped, and its status says why."""

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

from ..project import ProjectError
from ..rollout.errors import INTERRUPTED
from .aws import UNANSWERED
from .errors import LocalRunError
from .launchers import ending_with_launchers
from .screen import Screen


def exit_status(run: Callable[[], int], screen: Screen) -> int:
    """Run it and return its exit status: 130 after Ctrl-C, and 1, with a sentence on the screen, if it cannot go on.

    It also ends when a command that started it is killed.
    """
    signal.signal(signal.SIGTERM, _exit)
    try:
        with ending_with_launchers():
            return run()
    except KeyboardInterrupt:
        # uv passes the terminal's Ctrl-C on, so it may come twice.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        screen.fail("Interrupted: everything that was started is stopped.")
        return INTERRUPTED
    except (LocalRunError, ProjectError) as error:
        screen.fail(str(error))
        return 1
    except UNANSWERED as error:
        screen.fail(f"The emulator does not answer: {error}")
        return 1


def _exit(number: int, _: FrameType | None) -> NoReturn:
    """Leave through every `finally` when the process is asked to end."""
    sys.exit(128 + number)
