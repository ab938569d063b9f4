"""Non-interactive calls of the Pulumi CLI."""

import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

MISSING: Final = "The Pulumi CLI is not on the PATH: see https://www.pulumi.com/docs/install/"


@dataclass(frozen=True)
class Pulumi:
    """The CLI for a stack of the program in a folder."""

    stack: str
    program: Path

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of a call for the stack."""
        return self._command(*arguments, "--stack", self.stack)

    def call(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Make a call for the stack, and return its status and outputs. Raises FileNotFoundError without a CLI."""
        return _completed(self.command(*arguments))

    def call_for_project(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Make a call for all stacks, as `call`."""
        return _completed(self._command(*arguments))

    def _command(self, *arguments: str) -> list[str]:
        return ["pulumi", *arguments, "--cwd", str(self.program), "--non-interactive"]


def _completed(command: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a command in a separate session: Ctrl-C on the terminal interrupts this process, which decides what to do."""
    pipes: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(command, **pipes) as running:  # noqa: S603
        try:
            out, errors = running.communicate()
        except KeyboardInterrupt:
            # After SIGINT, Pulumi ends its current operations and releases its lock.
            running.send_signal(signal.SIGINT)
            running.communicate()
            raise
    return subprocess.CompletedProcess(command, running.returncode, out, errors)
