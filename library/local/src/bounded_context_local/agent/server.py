"""The server: validates a tool's arguments, runs its command line, and bounds the output."""

from collections.abc import Mapping
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent
from mcp.types import Tool as ToolDescription
from pydantic import ValidationError

from bounded_context_infra.configuration.project import DISTRIBUTION

from .processes import SECONDS, TOOLS, Ended, Processes, RunTool, Tool, processes

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
