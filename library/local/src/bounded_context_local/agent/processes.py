"""The processes of a session: commands that end by themselves, and the kept run."""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Final, NamedTuple

import anyio
from anyio.abc import Process

from bounded_context_infra.configuration.project import VARIABLE

from ..emulator import launchers
from .environment import allowed
from .tools import Command

SECONDS: Final = 600.0
"""The maximum of a command, ten times as long as a check of the default context."""

INPUT, OUTPUT, ERRORS = "input.json", "output", "errors"

END_SECONDS: Final = 15.0
PAUSE_SECONDS: Final = 0.1


class Ended(NamedTuple):
    """The exit status of a command, and its output. The status of a command that took too long is None."""

    status: int | None
    output: str


class Processes:
    """The processes of a repository's session."""

    def __init__(self, root: Path, scratch: Path) -> None:
        """Start commands in the folder `root`. `scratch` is a folder for their outputs."""
        self._root, self._scratch = root, scratch
        self._environment = {
            **allowed(os.environ),
            VARIABLE: str(root),
            launchers.VARIABLE: str(os.getpid()),
        }
        self._run: Process | None = None
        self._starting = anyio.Lock()

    @property
    def is_running(self) -> bool:
        """Whether the run is kept."""
        return self._run is not None and self._run.returncode is None

    async def call(self, command: Command) -> Ended:
        """Run a command to its end. Kill it with its children after the maximum, or if the call is cancelled."""
        process, folder = await self._started(command)
        try:
            with anyio.move_on_after(SECONDS):
                await process.wait()
        finally:
            _kill(process)
        return Ended(process.returncode, _text(folder / OUTPUT) + _text(folder / ERRORS))

    async def run(self, command: Command) -> Ended:
        """Start the run again, and wait until it is deployed. The status of a kept run is 0."""
        async with self._starting:
            await self.end()
            self._run, folder = await self._started(command)
            with anyio.move_on_after(SECONDS):
                while self.is_running and not _is_document(folder / OUTPUT):
                    await anyio.sleep(PAUSE_SECONDS)
            if self.is_running and _is_document(folder / OUTPUT):
                return Ended(0, f"Process {self._run.pid}, with the log {folder / ERRORS}.\n{_text(folder / OUTPUT)}")
            await self.end()
            return Ended(1, _text(folder / ERRORS))

    async def end(self) -> None:
        """End the run with its emulator, if it is kept."""
        process, self._run = self._run, None
        if process is None or process.returncode is not None:
            return
        with anyio.CancelScope(shield=True):
            process.terminate()
            with anyio.move_on_after(END_SECONDS):
                await process.wait()
            _kill(process)

    async def _started(self, command: Command) -> tuple[Process, Path]:
        """Start a command in its own process group. Return it, and the folder with its outputs."""
        folder = Path(mkdtemp(dir=self._scratch))
        (folder / INPUT).write_text("" if command.given is None else json.dumps(command.given), encoding="utf-8")
        with (
            (folder / INPUT).open("rb") as given,
            (folder / OUTPUT).open("wb") as output,
            (folder / ERRORS).open("wb") as errors,
        ):
            process = await anyio.open_process(
                [sys.executable, "-m", "bounded_context_cli.command", *command.words],
                stdin=given,
                stdout=output,
                stderr=errors,
                cwd=self._root,
                env=self._environment,
                start_new_session=True,
            )
        return process, folder


@asynccontextmanager
async def processes(root: Path) -> AsyncIterator[Processes]:
    """Yield the processes of a repository, and end the run at the end of the block."""
    with TemporaryDirectory(prefix="context-mcp-") as scratch:
        session = Processes(root, Path(scratch))
        try:
            yield session
        finally:
            await session.end()


def _kill(process: Process) -> None:
    """Kill the process group of a process that has not ended."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _is_document(file: Path) -> bool:
    try:
        return bool(json.loads(file.read_bytes()))
    except ValueError:
        return False


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8", errors="replace") if file.exists() else ""
