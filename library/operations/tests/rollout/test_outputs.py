"""What the driver takes from a stack, and what it refuses before anything changes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_cli.command.operation import Access
from bounded_context_infra.configuration.project import current
from bounded_context_operations.release.rollout import releases
from tests.console import context
from tests.rollout.conftest import Stack

Change = Callable[[dict[str, Any]], Any]
PROGRAM = Path("repository") / "infra" / "service"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda read: read.pop("release"), "The outputs have no 'release': deploy the stack"),
        (lambda read: read.pop("state_machine"), "The outputs have no 'state_machine'"),
        (lambda read: read["release"].pop("hooks"), "The outputs have no 'hooks'"),
        (lambda read: read["functions"].pop("two"), "The outputs have no 'two'"),
        (lambda read: read["release"].update(strategy="BigBang"), "The stack's strategy is unknown: 'BigBang'"),
        (lambda read: read["release"].update(groups=[]), "not those of the service program"),
        (lambda read: read.update(functions={"one": 1, "two": 2}), "not those of the service program"),
        (lambda read: read.update(release=None), "not those of the service program"),
        (lambda read: read.update(state_machine="machine"), "not those of the service program"),
        (
            lambda read: read["release"].update(application="context-prod"),
            "belong to context-prod, not to a stack test",
        ),
    ],
)
def test_bad_outputs_are_refused(stack: Stack, change: Change, sentence: str):
    """One sentence says what to do."""
    change(stack.outputs)
    ran = stack.rollout("start")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert sentence in ran.report["why"]
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("text", "sentence"), [("not JSON", "is not JSON"), ("[]", "not those of the service program")]
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str, sentence: str):
    """It is not what Pulumi prints."""
    file = tmp_path / "outputs.json"
    file.write_text(text)
    with pytest.raises(Refusal, match=sentence):
        releases.read("test", PROGRAM, file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    """One sentence names it."""
    with pytest.raises(Refusal, match="cannot be read"):
        releases.read("test", PROGRAM, tmp_path / "nowhere.json")


def test_a_missing_pulumi_cli_is_refused(monkeypatch: pytest.MonkeyPatch):
    """The reason names the page that installs the CLI."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refusal, match=r"pulumi\.com/docs/install"):
        releases.read("test", PROGRAM, None)


def test_the_outputs_come_from_the_pulumi_cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: Stack):
    """Here a script in its place: it prints the outputs, or fails as Pulumi does without a stack."""
    script = tmp_path / "pulumi"
    script.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/asked\ncat {tmp_path}/outputs\n')
    script.chmod(0o755)
    (tmp_path / "outputs").write_text(json.dumps(stack.outputs))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert releases.read("test", PROGRAM, None).application == "test"
    command = (tmp_path / "asked").read_text()
    assert command.strip() == f"stack output --json --stack test --cwd {PROGRAM} --non-interactive"
    script.write_text("#!/bin/sh\necho 'error: no test' >&2\nexit 255\n")
    with pytest.raises(Refusal, match="the stack test: error: no test"):
        releases.read("test", PROGRAM, None)


def test_the_outputs_come_from_the_program_of_the_current_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: Stack
):
    """Wherever in it the command is called."""
    script = tmp_path / "pulumi"
    script.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/asked\nexit 255\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert context("rollout", "status", "test", access=Access(stack.clients, stack.clock)) == 2
    assert (tmp_path / "asked").read_text().strip().endswith(f"--cwd {current().service} --non-interactive")


def test_outside_a_repository_the_command_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: Stack):
    """The release is refused, and the reason names the folder."""
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", str(tmp_path))
    ran = stack.rollout("start")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert str(tmp_path) in ran.report["why"]


def test_the_region_is_that_of_the_arns(stack: Stack):
    """Whatever the environment says."""
    release = releases.Release.of({**stack.outputs, "state_machine": "arn:aws:states:eu-north-1:1:stateMachine:m"})
    assert release.region == "eu-north-1"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Usage: context rollout "),
        (["start"], "stack"),
        (["forward", "test"], "No such command 'forward'"),
        (["start", "test", "--timeout", "0"], "'0' is not a number of minutes"),
        (["start", "test", "--ignore-alarms", " "], "the reason is empty: write why"),
        (["start", "test", "--on-conflict", "hope"], "'hope' is not one of 'wait', 'stop', 'fail'"),
        (["back", "test", "--ignore-alarms", "why"], "No such option: --ignore-alarms"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]):
    """One sentence says what to write instead."""
    assert context("rollout", *arguments) == 2
    assert sentence in capsys.readouterr().err
