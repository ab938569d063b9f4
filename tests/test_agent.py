"""A scripted agent: it adds a field with the tools of `context mcp` and by editing files, and its check is green."""

import json
import re
import subprocess
from typing import Any

import anyio
import pytest
from bounded_context_cli.docs import steps
from bounded_context_local.emulator.clock import until
from mcp import Client, StdioServerParameters
from test_changes import Repository, repository

from template.processes import environment

__all__ = ["repository"]

REMEDY = re.compile(r"run `uv run context (\w+)`")
PAYMENT: dict[str, Any] = {
    "idempotency_key": "first",
    "payload": {
        "payment_id": "id-1",
        "subscription_id": "ref-1",
        "amount": "12.50",
        "currency": "EUR",
        "due_date": "2026-01-31",
        "payer": "someone",
        "note": "the first instalment",
    },
}


class Agent:
    """The client of a repository's tools."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def call(self, tool: str, **arguments: object) -> str:
        """Call a tool, and return its answer."""
        answer = await self._client.call_tool(tool, arguments)
        [content] = answer.content
        assert content.type == "text"
        assert not answer.is_error, content.text
        return content.text

    async def remedies(self) -> list[str]:
        """Return the commands that the remedies of a failed check name."""
        answer = await self._client.call_tool("check", {})
        [content] = answer.content
        assert content.type == "text"
        assert answer.is_error
        return list(dict.fromkeys(REMEDY.findall(content.text)))

    async def invoke(self, function: str, event: object) -> dict[str, Any]:
        """Call a function of the run, and return its answer without the logs."""
        text = await self.call("invoke", function=function, event=event)
        return json.JSONDecoder().raw_decode(text)[0]


@pytest.fixture
def own(repository: Repository) -> Repository:
    """The repository with an environment of its own: the tools do not inherit `PYTHONPATH`."""
    subprocess.run(["uv", "sync", "--quiet"], cwd=repository.folder, env=environment(), check=True)
    return Repository(repository.folder, repository.folder / ".venv")


@pytest.mark.nightly
def test_an_agent_adds_a_field_with_the_tools_alone(own: Repository) -> None:
    """The page names the lines, the remedies name the commands, and the run stores the field and ends."""
    anyio.run(_add_a_field, own)
    kept = own.folder / "build"
    assert until(lambda: not list(kept.glob("kept-run-*")), 15)


async def _add_a_field(repository: Repository) -> None:
    started = StdioServerParameters(
        command=str(repository.bin / "context"), args=["mcp"], env=repository.variables, cwd=repository.folder
    )
    async with Client(started) as client:
        agent = Agent(client)
        page = await agent.call("docs", words="changing a-field")
        for step in steps(page, "payment"):
            step.follow(repository.folder)
        remedies = await agent.remedies()
        assert sorted(remedies) == ["contracts", "openapi"]
        for command in remedies:
            await agent.call("write", command=command)
        await agent.call("check")
        await agent.call("run")
        assert (await agent.invoke("register_payment", PAYMENT))["ok"]
        answer = await agent.invoke("get_payment", {"payload": {"payment_id": PAYMENT["payload"]["payment_id"]}})
        assert answer["payment"]["note"] == PAYMENT["payload"]["note"]
