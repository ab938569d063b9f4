"""The server of a session: its tools, the processes of their command lines, and the bounds of the output."""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Annotated, Any, Final, Literal, NamedTuple

import anyio
from anyio.abc import Process
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent
from mcp.types import Tool as ToolDescription
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from bounded_context_cli.command.environment import allowed
from bounded_context_infra.configuration.project import DISTRIBUTION, VARIABLE

from ..emulator.process import STARTED_BY

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
            STARTED_BY: str(os.getpid()),
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


LONGEST: Final = 20_000
"""The maximum of characters of an answer: about 5,000 tokens. Common clients cut longer answers without a sign."""

_KEPT: Final = """\
The context runs on an embedded AWS on this machine, and deploys saved files of src/. `invoke` calls its functions.
It ends with this session, or with the tool `run` and "end": true. `context logs` prints its logs in a terminal.
"""
_NO_RUN: Final = "invoke: no run is kept in this session: call the tool `run` first."


def server(session: Processes) -> Server[Any]:
    """Return the server of a session."""
    return Server(
        "context",
        version=version(DISTRIBUTION),
        instructions="Read AGENTS.md in the repository first. All tools work on this machine, without an AWS account.",
        on_list_tools=_list,
        on_call_tool=partial(_call, session),
    )


async def serve(root: Path) -> None:
    """Serve a repository's tools on standard input and output until the client closes standard input."""
    async with processes(root) as session, stdio_server() as streams:
        served = server(session)
        await served.run(*streams, served.create_initialization_options())


async def _list(_context: object, _params: object) -> ListToolsResult:
    return ListToolsResult(tools=[_description(name, tool) for name, tool in TOOLS.items()])


def _description(name: str, tool: Tool) -> ToolDescription:
    schema = tool.arguments.model_json_schema()
    return ToolDescription(name=name, description=schema.pop("description"), input_schema=schema)


async def _call(session: Processes, _context: object, params: CallToolRequestParams) -> CallToolResult:
    return await call(session, params.name, params.arguments or {})


async def call(session: Processes, name: str, arguments: Mapping[str, Any]) -> CallToolResult:
    """Call a tool, and return its answer. An error has the fault, the place and the remedy."""
    if name not in TOOLS:
        return _answer(f"There is no tool {name!r}: call one of {', '.join(TOOLS)}.", failed=True)
    tool = TOOLS[name]
    try:
        request = tool.arguments.model_validate(arguments)
    except ValidationError as error:
        return _answer("\n".join(_fault(name, tool, fault) for fault in error.errors()), failed=True)
    if name == "invoke" and not session.is_running:
        return _answer(_NO_RUN, failed=True)
    outcome = (
        await _run(session, request) if isinstance(request, RunTool) else await session.call(tool.command(request))
    )
    late = "" if outcome.status is not None else f"{name}: killed after {SECONDS:.0f} s: look for an endless loop.\n"
    return _answer(bounded(late + outcome.output, tool.shorter), failed=outcome.status != 0)


async def _run(session: Processes, request: RunTool) -> Ended:
    if request.end:
        await session.end()
        return Ended(0, "No run is kept any more.")
    status, output = await session.run(TOOLS["run"].command(request))
    return Ended(status, output if status else f"{_KEPT}{output}")


def bounded(text: str, shorter: str) -> str:
    """Return a text of at most `LONGEST` characters: its beginning and its end. `shorter` is the remedy."""
    more = len(text) - LONGEST
    half = LONGEST // 2
    return text if more <= 0 else f"{text[:half]}\n... {more:,} characters left out: {shorter}. ...\n{text[-half:]}"


def _fault(name: str, tool: Tool, fault: Mapping[str, Any]) -> str:
    place = ".".join(str(part) for part in (name, *fault["loc"]))
    return f"{place}: {fault['msg']}: the arguments of {name} are {', '.join(tool.arguments.model_fields)}."


def _answer(text: str, *, failed: bool) -> CallToolResult:
    return CallToolResult(content=[TextContent(text=text)], is_error=failed)
