"""What the driver takes from a stack, and what it refuses before anything changes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bounded_context.project import current
from bounded_context.rollout import outputs
from bounded_context.rollout.cli import main
from bounded_context.rollout.errors import Refused
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
        (lambda read: read["release"].update(application="context-prod"), "those of context-prod, not of a stack test"),
    ],
)
def test_bad_outputs_are_refused(stack: Stack, change: Change, sentence: str):
    """One sentence says what to do."""
    change(stack.outputs)
    ran = stack.rollout("start")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert sentence in ran.report["why"]
    assert "Traceback" not in ran.told


@pytest.mark.parametrize(
    ("text", "sentence"), [("not JSON", "is not JSON"), ("[]", "not those of the service program")]
)
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str, sentence: str):
    """It is not what Pulumi prints."""
    file = tmp_path / "outputs.json"
    file.write_text(text)
    with pytest.raises(Refused, match=sentence):
        outputs.read("test", PROGRAM, file)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path):
    """One sentence names it."""
    with pytest.raises(Refused, match="cannot be read"):
        outputs.read("test", PROGRAM, tmp_path / "nowhere.json")


def test_without_the_pulumi_cli_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch):
    """One sentence instead of a traceback."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refused, match="not on the PATH"):
        outputs.read("test", PROGRAM, None)


def test_the_pulumi_cli_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: Stack):
    """Here a script in its place: it prints the outputs, or fails as Pulumi does without a stack."""
    script = tmp_path / "pulumi"
    script.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/asked\ncat {tmp_path}/outputs\n')
    script.chmod(0o755)
    (tmp_path / "outputs").write_text(json.dumps(stack.outputs))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert outputs.read("test", PROGRAM, None).application == "test"
    asked = (tmp_path / "asked").read_text()
    assert asked.strip() == f"stack output --json --stack test --cwd {PROGRAM}"
    script.write_text("#!/bin/sh\necho 'error: no stack named' test found >&2\nexit 255\n")
    with pytest.raises(Refused, match="Pulumi has no outputs of the stack test: error: no stack named test found"):
        outputs.read("test", PROGRAM, None)


def test_the_program_of_the_current_repository_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: Stack):
    """Wherever in it the command is called."""
    script = tmp_path / "pulumi"
    script.write_text(f'#!/bin/sh\necho "$*" > {tmp_path}/asked\nexit 255\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert main(["status", "test"], stack.clients, stack.clock) == 2
    assert (tmp_path / "asked").read_text().strip().endswith(f"--cwd {current().service}")


def test_outside_a_repository_nothing_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stack: Stack):
    """It is said like everything else that is refused."""
    monkeypatch.setenv("BOUNDED_CONTEXT_PROJECT", str(tmp_path))
    ran = stack.rollout("start")
    assert (ran.status, ran.report["result"]) == (2, "refused")
    assert "is in no context's repository" in ran.report["why"]


def test_the_region_is_that_of_the_arns(stack: Stack):
    """Whatever the environment says."""
    release = outputs.Release.of({**stack.outputs, "state_machine": "arn:aws:states:eu-north-1:1:stateMachine:m"})
    assert release.region == "eu-north-1"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "start|status|back"),
        (["start"], "stack"),
        (["forward", "test"], "invalid choice"),
        (["start", "test", "--timeout", "0"], "'0' is not a number of minutes"),
        (["start", "test", "--ignore-alarms", " "], "write why alarms are to be ignored"),
        (["start", "test", "--on-conflict", "hope"], "invalid choice"),
        (["back", "test", "--ignore-alarms", "why"], "unrecognized arguments"),
    ],
)
def test_wrong_arguments_are_refused(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]):
    """One sentence says what to write instead."""
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    assert sentence in capsys.readouterr().err
