"""What each command says of itself: it is named as it was typed, and its examples and exit statuses are true."""

import re
import shlex
import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bounded_context.project import ProjectError, current
from bounded_context.rollout.errors import INTERRUPTED
from bounded_context.typed import VARIABLE

Does = Callable[..., Any]


def giving(what: object) -> Does:
    """What returns this, whatever it is called with."""
    return lambda *_, **__: what


def raising(error: BaseException) -> Does:
    """What raises this."""

    def act(*_: object, **__: object) -> Any:
        raise error

    return act


LOST = {"repository": raising(ProjectError("not here"))}
HERE = {"repository": giving(current())}
DEPLOYED = {"outputs": SimpleNamespace(read=giving(SimpleNamespace(region="eu-west-1")))}
OF_NOTHING = {name: giving({"components": []}) for name in ("sbom", "_written", "_of_licences", "vulnerabilities")}


@dataclass(frozen=True)
class Command:
    """A command: what `python -m bounded_context.` is followed by, its module with `main`, and its recipes.

    `fails` are names of that module that do something else, so that the `asked` arguments end with status 1. `begins`
    is what is called first.
    """

    typed: str
    module: str
    recipes: Sequence[str] = ()
    fails: Mapping[str, Any] | None = None
    asked: Sequence[str] = ()
    begins: str = "repository"


COMMANDS = (
    Command("local", "local.cli", ["run"], {"_run": giving(1)}),
    Command("local.rehearsal", "local.rehearsal.cli", ["rehearse"], {"_performed": giving(1)}),
    Command("local.live", "local.live.cli", ["invoke", "debug", "logs"], LOST, ["invoke"]),
    Command("check", "check.__main__", ["check"], {"_check": giving(1)}, begins="current"),
    Command("picture", "testing.picture", ["picture"]),
    Command("policies", "testing.policies", [], {"_print": giving(1)}),
    Command("cost", "cost.cli", ["cost"], {"_print": giving(1)}),
    Command(
        "redrive", "redrive.cli", ["redrive"], DEPLOYED | {"Command": giving(SimpleNamespace(run=giving(1)))}, ["x"]
    ),
    Command(
        "rollout", "rollout.cli", ["rollout"], DEPLOYED | {"Run": giving(None), "_status": giving(1)}, ["status", "x"]
    ),
    Command("sandbox", "sandbox.cli", ["sandbox"], {"_list": giving(1)}, ["list"]),
    Command(
        "smoke_account",
        "smoke_account.cli",
        ["smoke-account"],
        {"_world": giving(SimpleNamespace(stack="x", check=giving("an account"))), "_smoke": giving(1)},
        ["x"],
    ),
    Command("docs", "docs.__main__", ["docs"], {}, ["nobody"], begins="_asked"),
    Command("permissions", "permissions.__main__", ["permissions"], {"_print": giving(1)}, ["deploy", "prod"]),
    Command("audit", "audit.cli", ["audit"], OF_NOTHING | {"_told": giving(1)}),
    Command("contracts", "contracts.cli", ["contracts"], LOST),
    Command("contracts.openapi", "contracts.openapi.cli", ["openapi"], LOST),
    Command("package", "package", ["package"], LOST),
    Command("infra.bootstrap", "infra.bootstrap", ["bootstrap"], LOST),
    Command("pull_requests.stack", "pull_requests.stack", [], {"_up": giving(1)}, ["up"]),
    Command("survey", "survey.cli", begins="_import_once"),
)
every = pytest.mark.parametrize("command", COMMANDS, ids=lambda one: one.typed)


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # pyright: ignore[reportUnusedFunction]
    """What examples name is there; signals are heeded afterwards as before."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    (tmp_path / "my.csv").touch()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def ended(command: Command, arguments: Sequence[str]) -> int:
    """The exit status, as a shell has it."""
    try:
        return import_module(f"bounded_context.{command.module}").main(list(arguments)) or 0
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else int(left.code is not None)


def helped(command: Command, capsys: pytest.CaptureFixture[str], *part: str) -> str:
    """What `--help` says."""
    assert ended(command, [*part, "--help"]) == 0
    return capsys.readouterr().out


def statuses(said: str) -> set[int]:
    """The exit statuses that it names."""
    return {int(status) for status in re.findall(r"^  (\d+) +\S", said.partition("exit status:\n")[2], re.MULTILINE)}


def examples(said: str, typed: str) -> list[list[str]]:
    """The arguments of its examples."""
    lines = re.findall(rf"^  {re.escape(typed)}(.*)", said.partition("examples:\n")[2], re.MULTILINE)
    return [shlex.split(re.split(r"  +", line)[0]) for line in lines]


@every
def test_help_names_what_was_typed(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """A recipe of the justfile, where it says so, else the module."""
    typed = f"python -m bounded_context.{command.typed}"
    said = helped(command, capsys)
    assert said.startswith(f"usage: {typed} [")
    assert examples(said, typed)
    monkeypatch.setenv(VARIABLE, "just")
    for recipe in command.recipes:
        said = helped(command, capsys, *([recipe] if len(command.recipes) > 1 else []))
        assert said.startswith(f"usage: just {recipe} [")
        assert examples(said, f"just {recipe}")
        assert {0, 2} <= statuses(said)


@every
def test_examples_are_taken(command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    """Each gets beyond its arguments, to where it is interrupted; one that needs no repository comes to its end."""
    said = helped(command, capsys)
    module = import_module(f"bounded_context.{command.module}")
    monkeypatch.setattr(module, command.begins, raising(KeyboardInterrupt()))
    for arguments in examples(said, f"python -m bounded_context.{command.typed}"):
        if INTERRUPTED in statuses(said):
            assert ended(command, arguments) in (0, INTERRUPTED), arguments
        else:
            with pytest.raises(KeyboardInterrupt):
                ended(command, arguments)


@every
def test_exit_statuses_are_those_that_are_named(
    command: Command, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    """0 of the help itself and 2 of what nobody can mean; 1 where something goes wrong, and only where it is named."""
    said = helped(command, capsys)
    assert statuses(said) <= {0, 1, 2, INTERRUPTED}
    assert ended(command, ["--no-such-option"]) == 2
    assert (1 in statuses(said)) == (command.fails is not None)
    for name, does in (HERE | dict(command.fails or {})).items():
        monkeypatch.setattr(f"bounded_context.{command.module}.{name}", does, raising=name != "repository")
    if command.fails is not None:
        assert ended(command, command.asked) == 1


def test_every_command_with_arguments_is_one_of_these():
    """Whoever adds one says what it does, too."""
    sources = Path(import_module("bounded_context").__file__ or "").parent
    made = {path for path in sources.rglob("*.py") if "argparse.ArgumentParser(" in path.read_text(encoding="utf-8")}
    assert made == {sources / "usage.py"}
    told = {
        path for path in sources.rglob("*.py") if " = Usage(" in (text := path.read_text()) or "Usage(typed(" in text
    }
    assert len(told) == len(COMMANDS)
