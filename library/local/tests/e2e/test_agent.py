"""The server of a coding agent's tools, as a process that a client starts and kills."""

import json
import re
import sysconfig
import venv
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from mcp import Client, StdioServerParameters

from bounded_context_local.emulator.clock import until
from bounded_context_local.emulator.process import is_running

from .facts import CONTEXT, CREATE, ENVIRONMENT, GET, ID, PROJECT

pytestmark = pytest.mark.e2e

_ATTACK = {"AWS_PROFILE": "prod", "AWS_ENDPOINT_URL": "https://lambda.eu-west-1.amazonaws.com"}
"""The environment of a person who works on an account."""


@pytest.fixture
def python(tmp_path: Path) -> str:
    """Python with the repository's package, which the tools' processes do not find by an environment variable."""
    venv.create(tmp_path / "venv")
    [packages] = (tmp_path / "venv").glob("lib/*/site-packages")
    ours = sysconfig.get_path("purelib")
    (packages / "repository.pth").write_text(f"{PROJECT.sources.parent}\nimport site; site.addsitedir({ours!r})\n")
    return str(tmp_path / "venv" / "bin" / "python")


@pytest.mark.nightly
def test_a_run_answers_calls_and_ends_with_a_killed_server(python: str):
    """No process stays, also none of the emulator."""
    processes = anyio.run(_called_and_killed, python)
    assert len(processes) > 2
    assert until(lambda: not any(map(is_running, processes)), 15)


async def _called_and_killed(python: str) -> list[psutil.Process]:
    """Call functions of a run, kill its server, and return the processes of the run."""
    arguments = ["-m", "bounded_context_cli.command", "mcp"]
    server = StdioServerParameters(command=python, args=arguments, env=ENVIRONMENT | _ATTACK, cwd=PROJECT.root)
    async with Client(server) as client:
        started = await _answer(client, "run")
        created = json.JSONDecoder().raw_decode(await _answer(client, "invoke", function=CREATE, event="message"))[0]
        event = {"payload": {ID: created[CONTEXT.name][ID]}}
        answer = json.JSONDecoder().raw_decode(await _answer(client, "invoke", function=GET, event=event))[0]
        assert answer[CONTEXT.name] == created[CONTEXT.name]
        [pid] = re.findall(r"Process (\d+)", started)
        run = psutil.Process(int(pid))
        processes = [run, *run.children(recursive=True)]
        parent = run.parent()
        assert parent
        parent.kill()
    return processes


async def _answer(client: Client, tool: str, **arguments: Any) -> str:
    answer = await client.call_tool(tool, arguments)
    [content] = answer.content
    assert content.type == "text"
    assert not answer.is_error, content.text
    return content.text
