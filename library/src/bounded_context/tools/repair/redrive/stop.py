"""Handling of Ctrl-C and SIGTERM: at once, or between two messages while the command holds messages."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """The state of a requested stop. uv forwards Ctrl-C, so a signal may arrive twice."""

    def __init__(self) -> None:
        self.asked = False
        self._at_work = False

    def listen(self) -> None:
        """Install the signal handlers."""
        for number in SIGNALS:
            signal.signal(number, self._handle)

    @contextmanager
    def between_messages(self) -> Iterator[None]:
        """Make signals only set `asked` inside the block, so that held messages can be released."""
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False

    def _handle(self, *_: int | FrameType | None) -> None:
        if self.asked:
            return
        self.asked = True
        if not self._at_work:
            raise KeyboardInterrupt
