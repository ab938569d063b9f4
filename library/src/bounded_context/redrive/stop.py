"""Ctrl-C and SIGTERM: they end a command at once, or between two messages while it has some in hand."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stop:
    """Whether somebody has asked to stop. uv passes the terminal's Ctrl-C on, so it may be asked twice."""

    def __init__(self) -> None:
        self.asked = False
        self._at_work = False

    def listen(self) -> None:
        """Take the signals from now on."""
        for number in SIGNALS:
            signal.signal(number, self._ask)

    @contextmanager
    def between_messages(self) -> Iterator[None]:
        """Let signals set `asked` and nothing else in here, so that whoever has messages in hand can put them back."""
        self._at_work = True
        try:
            yield
        finally:
            self._at_work = False

    def _ask(self, *_: int | FrameType | None) -> None:
        if self.asked:
            return
        self.asked = True
        if not self._at_work:
            raise KeyboardInterrupt
