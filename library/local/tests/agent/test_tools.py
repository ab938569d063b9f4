"""The tools of a coding agent: no argument reaches an account, and no process has its credentials."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import botocore.session
import pytest
from mcp.types import TextContent

from bounded_context_cli.command.environment import allowed
from bounded_context_local.agent import server
from bounded_context_local.agent.server import TOOLS, Command, Ended, Processes
from tests.event_schemas import REPOSITORY

ARN = "arn:aws:lambda:eu-west-1:111122223333:function:payment-prod-get-payment"
ATTACKS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("deploy", {"stack": "prod"}),
    ("docs", {"words": "changing --stack prod"}),
    ("docs", {"words": " --help"}),
    ("check", {"changed": "--stack prod"}),
    ("check", {"stack": "prod"}),
    ("write", {"command": "deploy"}),
    ("write", {"command": "contracts --stack prod"}),
    ("write", {"command": "../../outside"}),
    ("run", {"stack": "prod"}),
    ("run", {"rows": "7 --join /etc/hosts"}),
    ("run", {"rows": 200_000}),
    ("run", {"join": "/etc/hosts"}),
    ("invoke", {"function": "--help"}),
    ("invoke", {"function": ARN}),
    ("invoke", {"function": "get_payment", "endpoint": "https://lambda.eu-west-1.amazonaws.com"}),
    ("invoke", {"function": "get_payment", "event": "../../.aws/sso/cache/token.json"}),
    ("invoke", {"function": "get_payment", "event": "/etc/passwd"}),
    ("invoke", {"function": "get_payment", "event": "--verbose"}),
    ("invoke", {"function": "get_payment", "event": "message\n--verbose"}),
)


class _Recorded(Processes):
    """A session with a run that records command lines instead of running them."""

    def __init__(self, output: str = "") -> None:
        self.commands: list[Command] = []
        self._output = output

    @property
    def is_running(self) -> bool:
        return True

    async def call(self, command: Command) -> Ended:
        self.commands.append(command)
        return Ended(0, self._output)

    run = call


def _called(session: Processes, name: str, arguments: Mapping[str, Any]) -> tuple[bool, str]:
    answer = anyio.run(server.call, session, name, arguments)
    [content] = answer.content
    assert isinstance(content, TextContent)
    return answer.is_error, content.text


@pytest.mark.parametrize(("name", "arguments"), ATTACKS)
def test_an_argument_that_could_reach_an_account_or_a_file_is_refused(name: str, arguments: dict[str, Any]) -> None:
    """No process starts. The answer names the tool and all of its arguments."""
    session = _Recorded()
    failed, text = _called(session, name, arguments)
    assert failed
    assert session.commands == []
    assert all(line.startswith(f"{name}.") or name not in TOOLS for line in text.splitlines())
    assert all(word in text for word in (TOOLS[name].arguments.model_fields if name in TOOLS else TOOLS))


@pytest.mark.parametrize(
    ("name", "arguments", "words", "payload"),
    [
        ("docs", {"words": "changing a-field"}, "docs changing a-field", None),
        ("check", {"changed": True}, "check --changed", None),
        ("write", {"command": "contracts"}, "contracts", None),
        ("run", {}, "run --deploy-only --keep --watch --json", None),
        ("run", {"rows": 7}, "run --rows 7 --no-page --keep --watch --json", None),
        ("invoke", {"function": "get_payment", "event": "smoke-check"}, "invoke get_payment smoke-check", None),
        ("invoke", {"function": "get_payment", "event": {"payload": {}}}, "invoke get_payment -", {"payload": {}}),
    ],
)
def test_a_tool_is_a_command(name: str, arguments: dict[str, Any], words: str, payload: object) -> None:
    session = _Recorded()
    assert not _called(session, name, arguments)[0]
    assert session.commands == [Command(tuple(words.split()), payload)]


def test_a_long_output_keeps_its_beginning_and_its_end() -> None:
    output = f"first{'x' * server.LONGEST}last"
    _, text = _called(_Recorded(output), "check", {})
    assert len(text) < server.LONGEST + 200
    assert text.startswith("first")
    assert text.endswith("last")
    assert "\n... 9 characters left out" in text


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"},
        {"AWS_PROFILE": "prod"},
        {"AWS_CONFIG_FILE": "{home}/.aws/config", "AWS_DEFAULT_PROFILE": "process"},
        {},
    ],
)
def test_the_processes_find_no_credentials(
    environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither in variables nor in files of the home folder. With the variables as they were, they are found."""
    keys = "aws_access_key_id = AKIA\naws_secret_access_key = secret\n"
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text(f"[default]\n{keys}[prod]\n{keys}")
    (tmp_path / ".aws" / "config").write_text(f"[profile process]\n{keys}")
    variables = {name: value.format(home=tmp_path) for name, value in environment.items()} | {"HOME": str(tmp_path)}
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with monkeypatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        assert botocore.session.Session().get_credentials() is not None
    for name, value in allowed(variables).items():
        monkeypatch.setenv(name, value)
    assert botocore.session.Session().get_credentials() is None


def test_only_listed_variables_without_a_password_remain() -> None:
    """Of the PATH, the absolute folders: code may write into its current folder."""
    kept = {"HOME": "/home/me", "LC_ALL": "C.UTF-8", "SSL_CERT_FILE": "/ca.pem", "https_proxy": "http://proxy:3128"}
    names = ("GITHUB_TOKEN", "SSH_AUTH_SOCK", "PULUMI_ACCESS_TOKEN", "DATABASE_URL", "UV_INDEX_OURS_PASSWORD")
    secrets = {**dict.fromkeys(names, "secret"), "UV_INDEX_URL": "https://me:secret@index/", "LD_PRELOAD": "/x.so"}
    secrets["UV_FIND_LINKS"] = "https://index/?token=secret"
    variables = allowed({**kept, **secrets, "PATH": os.pathsep.join(("", "/usr/bin", ".", ".venv/bin", "/bin"))})
    assert {name: value for name, value in variables.items() if not name.startswith("AWS_")} == {
        **kept,
        "PATH": os.pathsep.join(("/usr/bin", "/bin")),
    }


def test_a_command_that_takes_too_long_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is an error with the remedy."""
    monkeypatch.setattr(server, "SECONDS", 0.0)
    failed, text = _called(Processes(REPOSITORY, tmp_path), "docs", {})
    assert failed
    assert text.startswith("docs: killed ")


def test_a_call_without_a_run_names_the_tool_that_starts_one(tmp_path: Path) -> None:
    failed, text = _called(Processes(REPOSITORY, tmp_path), "invoke", {"function": "get_payment"})
    assert failed
    assert "`run`" in text
