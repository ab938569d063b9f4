"""Errors before a command does anything: a wrong name, a missing repository, another library, a missing package."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import NoCredentialsError

from bounded_context_cli.command import deferred, main
from bounded_context_cli.command.aws_errors import INTERRUPTED, sentence
from bounded_context_cli.command.commands import GROUPS
from bounded_context_infra.configuration.project import VARIABLE
from bounded_context_operations.release import deploy
from tests.console import command_lines, context, parsed

from .test_help import helped, statuses

Capture = pytest.CaptureFixture[str]

ARGUMENTS: dict[tuple[str, ...], list[str]] = {
    ("preview",): ["dev"],
    ("deploy",): ["dev"],
    ("account", "preview"): ["main"],
    ("account", "deploy"): ["main"],
    ("rollout", "start"): ["dev"],
    ("rollout", "status"): ["dev"],
    ("rollout", "back"): ["dev"],
    ("partner", "add"): ["prod", "acme", "acme.pub"],
    ("partner", "rotate"): ["prod", "acme", "acme.pub"],
    ("partner", "remove"): ["prod", "acme"],
    ("permissions",): ["deploy", "dev", "111122223333"],
    ("eject", "step"): ["import_list"],
    ("eject", "component"): ["Table"],
    ("capacity",): ["dev"],
    ("add",): ["devcontainer"],
    ("redrive",): ["dev"],
    ("deadlines",): ["dev"],
    ("releases",): ["dev"],
    ("exports",): ["dev"],
    ("reseed",): ["dev", "--to", "bi"],
    ("restore",): ["dev", "--at", "2026-01-31T12:00:00Z"],
    ("erase",): ["dev", "id-1"],
    ("list", "close"): ["dev", "id-1"],
    ("list", "waiting"): ["dev"],
    ("list", "approve"): ["dev", "id-1"],
    ("list", "reject"): ["dev", "id-1", "--reason", "why"],
    ("reproduce",): ["dev", "message", "id-1"],
    ("sandbox", "up"): ["ada"],
    ("sandbox", "down"): ["ada"],
    ("smoke-account",): ["smoke"],
    ("step", "smoke"): ["outputs.json"],
}
"""The arguments that a command requires."""

ANYWHERE = {("docs",), ("survey",), ("step", "tools"), ("step", "aws-profile")}
"""The commands that need no repository."""

IN_A_REPOSITORY = [words for words in command_lines() if words not in ANYWHERE]
ENTRIES = {name: entry for entries in GROUPS.values() for name, entry in entries.items()}

in_a_repository = pytest.mark.parametrize("command", IN_A_REPOSITORY, ids=" ".join)

_PYPROJECT = """
[project]
name = "thing"
version = "1.0.0"
dependencies = ["bounded-context==0.0.1"]

[tool.bounded-context]
context = "thing.context:THING"
"""
_WITHOUT = """
import sys
sys.modules[{package!r}] = None
from bounded_context_cli.command import main
sys.exit(main({arguments!r}))
"""


@pytest.fixture(autouse=True)
def surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A stand-in of Pulumi's CLI that must not be called, and a step's variables; handlers of signals are reset."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    (tmp_path / "bin").mkdir()
    pulumi = tmp_path / "bin" / "pulumi"
    pulumi.write_text(f"#!/bin/sh\ntouch {tmp_path}/called\n")
    pulumi.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name, value in {"STACK": "dev", "PULL_REQUEST": "1", "OWNER": "ada"}.items():
        monkeypatch.setenv(name, value)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    assert not (tmp_path / "called").exists()


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (["rolout"], "'rollout'"),
        (["contract"], "'contracts'"),
        (["rollout", "strat"], "'start'"),
        (["sandbox", "lst"], "'list'"),
        (["run", "--deploy-onl"], "--deploy-only"),
        (["rollout", "start", "dev", "--ignore-alarm", "why"], "--ignore-alarms"),
        (["permissions", "deploi", "dev"], "'deploy'"),
    ],
)
def test_a_wrong_word_suggests_the_nearest(arguments: list[str], meant: str, capsys: Capture) -> None:
    """Of commands, of options, and of arguments with few values."""
    assert context(*arguments) == 2
    *_, error = capsys.readouterr().err.strip().splitlines()
    assert error.startswith("Error: ")
    assert meant in error


@in_a_repository
def test_outside_of_a_repository_the_missing_table_is_named(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """With a documented status, and without any call."""
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    status = context(*command, *ARGUMENTS.get(command, []))
    errors = capsys.readouterr().err
    assert "Error: " in errors
    assert "[tool.bounded-context] is missing" in errors.replace("\n", " ")
    assert status in {1, 2} & (statuses(helped(command, capsys)) or {1, 2})


@in_a_repository
def test_another_version_of_the_library_is_refused(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """With a documented status and the command that installs the version of the repository."""
    (tmp_path / "pyproject.toml").write_text(_PYPROJECT)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    status = context(*command, *ARGUMENTS.get(command, []))
    errors = capsys.readouterr().err
    assert "Error: " in errors
    assert "pyproject.toml asks for 0.0.1: run `uv sync`." in errors.replace("\n", " ")
    assert status in {1, 2} & (statuses(helped(command, capsys)) or {1, 2})


@pytest.mark.parametrize("name", ENTRIES)
def test_a_missing_package_is_named(name: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The error is one line with the command, the package and the remedy."""

    def missing(module: str) -> None:
        raise ModuleNotFoundError(f"No module named 'absent', for {module}", name="absent")

    monkeypatch.setattr(deferred, "import_module", missing)
    deferred.load.cache_clear()
    assert context(name) == 1
    [error] = capsys.readouterr().err.splitlines()
    assert error.startswith(f"Error: {name}: the package absent ")
    assert error.endswith(" `uv sync`.")


@pytest.mark.parametrize(
    ("arguments", "package"),
    [
        (["rollout", "status", "dev"], "rich.console"),
        (["redrive", "dev"], "rich.console"),
        (["run"], "yaml"),
        (["openapi"], "aws_lambda_powertools.event_handler.openapi.merge"),
        (["--help"], "typer"),
    ],
)
def test_a_library_without_a_package_names_the_remedy(arguments: list[str], package: str) -> None:
    """One sentence, and no traceback."""
    code = _WITHOUT.format(package=package, arguments=arguments)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert f"the package {package} is not installed: run `uv sync`.\n" in ran.stderr


@pytest.mark.parametrize("command", [("cost",), ("package",), ("survey",)], ids=" ".join)
def test_ctrl_c_ends_with_130(command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where a command handles no signal."""
    arguments = ["folder"] if command == ("survey",) else []
    invocation = parsed([*command, *arguments])

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    module = ENTRIES[command[0]].module
    monkeypatch.setattr(f"{module}.{'import_module' if command == ('survey',) else 'repository'}", interrupted)
    assert invocation.info_name == command[-1]
    assert context(*command, *arguments) == INTERRUPTED


def test_a_command_without_pulumi_builds_no_graph(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    """The error comes first, with the address of the CLI."""
    built: list[bool] = []
    monkeypatch.setattr(deploy, "package", lambda: built.append(True))
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert context("preview", "dev") == 1
    assert "pulumi.com" in capsys.readouterr().err
    assert not built


URN = "urn:pulumi:dev::payment::bounded-context:infra:Evidence$aws:s3/bucket:Bucket::evidence"
_REFUSAL = f'<{{%reset%}}>Preview failed: resource "{URN}" cannot be deleted\nbecause it is protected. To unprotect'
_OLD = f'unable to delete resource "{URN}"\nas it is currently marked for protection. To unprotect'
_REPLACED = _OLD.replace("delete", "replace")
_PULUMI = """#!{python}
import json, sys
with open(sys.argv[sys.argv.index("--event-log") + 1], "w") as log:
    for message in {messages!r}:
        print(json.dumps({{"sequence": 1, "diagnosticEvent": {{"message": message, "severity": "error"}}}}), file=log)
sys.exit(1)
"""


@pytest.mark.parametrize(("messages", "resources"), [([_REPLACED], 0), ([], 0), ([_REFUSAL, _OLD], 1)])
@pytest.mark.parametrize("command", ["preview", "account"])
def test_a_protected_resource_that_a_change_deletes_is_reported_with_the_commands_that_release_it(
    command: str,
    messages: list[str],
    resources: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "pulumi").write_text(_PULUMI.format(python=sys.executable, messages=messages))
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(deploy, "package", lambda: 0)
    words = [command, "dev"] if command == "preview" else [command, "preview", "dev"]
    assert context(*words) == 1
    printed = capfd.readouterr().err
    for verb in ("unprotect", "delete --force"):
        assert printed.count(f"`pulumi state {verb} '{URN}' --stack dev --cwd ") == resources
    assert printed.count("evidence (aws:s3/bucket:Bucket)") == resources


def test_a_call_without_credentials_names_the_remedies() -> None:
    """A profile, or the variables of a local run."""
    message = sentence(NoCredentialsError())
    assert "AWS_PROFILE" in message
    assert "context run --keep" in message


def test_ctrl_c_while_a_command_is_imported_ends_without_a_stack_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the status of a shell. A second signal, which `uv run` passes on, is ignored."""

    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("bounded_context_cli.command.application.run", interrupted)
    before = signal.getsignal(signal.SIGINT)
    try:
        assert main(["run"]) == INTERRUPTED
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
