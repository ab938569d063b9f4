"""A command on a pseudo-terminal, as a person has it."""

import os
import pty
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 120  # seconds until a terminal that says nothing more is given up
_SILENCE = 5  # seconds
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """What a command shows so far, and the keyboard."""

    def __init__(self, process: "subprocess.Popen[bytes]", screen: int) -> None:
        self.process, self._screen, self.output = process, screen, ""

    def wait_for(self, text: str, again: str = "") -> str:
        """Read until the text is shown, and return what was shown since the last call up to it.

        Keys to press `again` are pressed after each five seconds of silence: a Ctrl-C that comes between a prompt and
        the reading after it is noticed with the next key only.
        """
        limit, heard = time.monotonic() + PATIENCE, time.monotonic()
        while text not in self.output:
            assert time.monotonic() < limit, f"{text!r} is not shown:\n{self.output}"
            if more := self._read():
                self.output, heard = self.output + more, time.monotonic()
            elif again and time.monotonic() > heard + _SILENCE:
                self.type(again)
                heard = time.monotonic()
        before, _, self.output = self.output.partition(text)
        return before

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._screen, keys.encode())

    def ended(self) -> int:
        """Wait for the end and return the exit status."""
        limit = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < limit, self.output
            self.output += self._read()
        return self.process.returncode

    def _read(self) -> str:
        if not select.select([self._screen], [], [], 0.5)[0]:
            return ""
        try:
            return _STYLE.sub("", os.read(self._screen, 65536).decode("utf-8", "replace"))
        except OSError:  # the command has closed its end
            return ""


@contextmanager
def terminal(*command: str, cwd: Path) -> Iterator[Terminal]:
    """Run a command of Python's on a terminal of 200 columns."""
    screen, inner = pty.openpty()
    variables = {**os.environ, "COLUMNS": "200", "TERM": "xterm"}
    process = subprocess.Popen(
        [sys.executable, "-m", *command], cwd=cwd, env=variables, stdin=inner, stdout=inner, stderr=inner,
        start_new_session=True, preexec_fn=_control,
    )  # fmt: skip
    os.close(inner)
    try:
        yield Terminal(process, screen)
    finally:
        process.kill()
        process.wait()
        os.close(screen)


def _control() -> None:
    """Make the terminal the one whose Ctrl-C ends us, also if these tests run where none does."""
    import fcntl
    import signal
    import termios

    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
