"""Ctrl-C and SIGTERM of commands that change something."""

import signal
from types import FrameType
from typing import NoReturn


def interrupt_once() -> None:
    """Raise KeyboardInterrupt at the first SIGINT or SIGTERM, and ignore later ones.

    `uv run` passes the terminal's Ctrl-C on, so it may arrive twice. The work that follows must end in order.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupt)


def ignore_interrupts() -> None:
    """Ignore SIGINT and SIGTERM from now on, for work that must not be left in the middle."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def _interrupt(*_: int | FrameType | None) -> NoReturn:
    ignore_interrupts()
    raise KeyboardInterrupt
