"""The tools of a session, and the processes that run their command lines."""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Annotated, Any, Final, Literal, NamedTuple

import anyio
from anyio.abc import Process
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from bounded_context_infra.configuration.project import VARIABLE

from ..emulator import endpoints
from .environment import allowed

NAME: Final = r"^[A-Za-z][A-Za-z0-9_-]*$"
"""The form of the names of functions and samples. It excludes options and paths of files."""

WORDS: Final = r"^\s*([^\s-]\S*\s*)*$"
"""The form of search words. No word begins like an option."""

MOST_ROWS: Final = 1000


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Docs(_Arguments):
    """Show a page of the documentation (`changing`), a section (`changing a-field`), or search all pages (`malware`).

    Without words, list the pages.
    """

    words: str = Field("", max_length=200, pattern=WORDS)


class Check(_Arguments):
    """Check the repository. A failed check ends with a list of remedies: file, line and what to write."""

    changed: bool = Field(False, description="only checks that uncommitted changes can break")


class Write(_Arguments):
    """Run a command that a page or a remedy names: it writes documents from the code, or repairs style (`fix`)."""

    command: Literal["contracts", "openapi", "settings", "fix"]


class RunTool(_Arguments):
    """Keep this context running on an embedded AWS on this machine. Saved files of src/ are deployed at once.

    Start it again after a change of infra/ or of dependencies. It ends with this session.
    """

    rows: int = Field(0, ge=0, le=MOST_ROWS, description="import a sample list with so many rows; with 0, only deploy")
    end: bool = Field(False, description="end the run instead")


class Invoke(_Arguments):
    """Call a function of the run: commands, queries, steps. Print its answer and its logs.

    Without a function, list all functions. Without an event, list the samples of the function.
    """

    function: Annotated[str, Field(pattern=NAME)] | None = None
    event: Annotated[str, Field(pattern=NAME, description="the name of a sample")] | dict[str, JsonValue] | None = None


class Command(NamedTuple):
    """The words of a command line of `context`, and the document on its standard input."""

    words: tuple[str, ...]
    document: object = None


class Tool(NamedTuple):
    """A tool: its arguments, its command line, and how to get less of a long output."""

    arguments: type[_Arguments]
    command: Callable[[Any], Command]
    shorter: str


def _invoke(request: Invoke) -> Command:
    words = ("invoke", *([request.function] if request.function else []))
    match request.event:
        case None:
            return Command(words)
        case str():
            return Command((*words, request.event))
        case document:
            return Command((*words, "-"), document)


def _tool_run(request: RunTool) -> Command:
    rows = ("--rows", str(request.rows), "--no-page") if request.rows else ("--deploy-only",)
    return Command(("run", *rows, "--keep", "--watch", "--json"))


TOOLS: Final = {
    "docs": Tool(Docs, lambda request: Command(("docs", *request.words.split())), "name a section of the page"),
    "check": Tool(
        Check, lambda request: Command(("check", *(["--changed"] if request.changed else []))), "repair these first"
    ),
    "write": Tool(Write, lambda request: Command((request.command,)), "look at the written files"),
    "run": Tool(RunTool, _tool_run, "import fewer rows"),
    "invoke": Tool(Invoke, _invoke, "call it with a smaller event"),
}


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
            endpoints.VARIABLE: str(os.getpid()),
        }
        self._run: Process | None = None
        self._starting = anyio.Lock()

    @property
    def is_running(self) -> bool:
        """Whether the run is kept."""
        return self._run is not None and self._run.returncode is None

    async def call(self, command: Command) -> Ended:
        """Run a command to its end. Kill it with its children after the maximum, or if the call is cancelled."""
        process, folder = await self._start(command)
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
            self._run, folder = await self._start(command)
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

    async def _start(self, command: Command) -> tuple[Process, Path]:
        """Start a command in its own process group. Return it, and the folder with its outputs."""
        folder = Path(mkdtemp(dir=self._scratch))
        (folder / INPUT).write_text("" if command.document is None else json.dumps(command.document), encoding="utf-8")
        with (
            (folder / INPUT).open("rb") as input_file,
            (folder / OUTPUT).open("wb") as output,
            (folder / ERRORS).open("wb") as errors,
        ):
            process = await anyio.open_process(
                [sys.executable, "-m", "bounded_context_cli.command", *command.words],
                stdin=input_file,
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
