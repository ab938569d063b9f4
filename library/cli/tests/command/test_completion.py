"""Names that a shell completes, by the protocol of Typer's completion scripts."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import pytest

from bounded_context_cli.command.application import groups
from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra.configuration.project import VARIABLE, current
from bounded_context_local.live import events
from bounded_context_local.live.function import Deployed
from bounded_context_local.running import start
from tests.console import context

Complete = Callable[[str], list[str]]

_VARIABLE = "_CONTEXT_COMPLETE"


@pytest.fixture
def complete(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Complete:
    """Returns the names that complete the last word of a command line."""

    def names(line: str) -> list[str]:
        monkeypatch.setenv(_VARIABLE, "complete_bash")
        monkeypatch.setenv("COMP_WORDS", line)
        monkeypatch.setenv("COMP_CWORD", str(line.count(" ")))
        capsys.readouterr()
        assert context() == 0
        return capsys.readouterr().out.split()

    return names


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kept run with two functions, each with two samples."""
    run = SimpleNamespace(outputs={"functions": {"get_thing": "arn", "relay_events": "arn"}}, emulator=None)
    samples: Mapping[str, Any] = {"message": {}, "smoke-check": {}}

    def deployed(_aws: None, _run: object, name: str) -> SimpleNamespace:
        return SimpleNamespace(name=name, variables={})

    monkeypatch.setattr(start, "find", lambda _: run)
    monkeypatch.setattr(events, "Aws", lambda _: None)
    monkeypatch.setattr(Deployed, "find", deployed)
    monkeypatch.setattr(events, "samples_of", lambda _, function, __: samples if function == "get_thing" else {})


def test_commands_are_completed(complete: Complete) -> None:
    """All of them, and those that begin with the word."""
    assert complete("context ") == [name for entries in groups().values() for name in entries]
    assert complete("context ro") == ["rollout"]


def test_commands_of_a_group_are_completed(complete: Complete) -> None:
    """By their names on the command line."""
    assert complete("context sandbox ") == ["up", "down", "list", "sweep"]
    assert complete("context rollout sta") == ["start", "status"]


@pytest.mark.parametrize(
    ("line", "completions"),
    [
        ("context run --deploy", ["--deploy-only"]),
        ("context permissions de", ["deploy", "deadlines"]),
        ("context rollout start dev --on-conflict ", ["wait", "stop", "fail"]),
    ],
)
def test_options_and_values_are_completed(line: str, completions: list[str], complete: Complete) -> None:
    """Values are completed if an argument has a fixed set of values."""
    assert complete(line) == completions


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("command", ["invoke", "debug", "logs --function"])
def test_functions_of_the_kept_run_are_completed(command: str, complete: Complete) -> None:
    """All of them, and those that begin with the word."""
    assert complete(f"context {command} ") == ["get_thing", "relay_events"]
    assert complete(f"context {command} rel") == ["relay_events"]


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("command", ["invoke", "debug"])
def test_samples_of_the_function_are_completed(command: str, complete: Complete) -> None:
    """The second word is an event."""
    assert complete(f"context {command} get_thing ") == ["message", "smoke-check"]
    assert complete(f"context {command} get_thing sm") == ["smoke-check"]


def test_without_a_kept_run_no_name_is_completed(complete: Complete, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of a repository neither, and without any error."""
    with suppress(LocalRunError):
        assert start.find(current()) is None
    assert complete("context invoke ") == []
    monkeypatch.setenv(VARIABLE, "/")
    assert complete("context invoke ") == []


def test_a_shell_gets_a_script(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The script asks by the variable of this protocol."""
    monkeypatch.setenv(_VARIABLE, "source_bash")
    assert context() == 0
    assert _VARIABLE in capsys.readouterr().out
