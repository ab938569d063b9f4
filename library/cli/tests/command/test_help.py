"""What the help of each command says holds: its summary, its examples, and its exit statuses."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from bounded_context_cli.command.aws_errors import INTERRUPTED
from bounded_context_cli.command.commands import GROUPS
from bounded_context_cli.command.deferred import load
from tests.console import command_lines, context, parsed

COMMANDS = tuple(command_lines())
NOT_IMPORTED = ("pulumi", "pulumi_aws", "boto3", "botocore", "rich", "pytest", "moto", "aws_lambda_powertools")
_LOADED = """
import sys
from bounded_context_cli.command import main
status = main({arguments!r})
print("LOADED", *sys.modules, file=sys.stderr)
sys.exit(status)
"""

every = pytest.mark.parametrize("command", COMMANDS, ids=" ".join)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with the files that examples name."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my.csv").touch()


def helped(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    """Return the help of a command."""
    assert context(*command, "--help") == 0
    return capsys.readouterr().out


def examples(text: str, command: tuple[str, ...]) -> list[list[str]]:
    """Return the arguments of the examples; the remark behind two spaces belongs to no example."""
    block = text.partition("Examples:\n")[2].partition("\n\n")[0]
    lines = [line.strip() for line in block.splitlines()]
    assert all(line.startswith(f"context {' '.join(command)}") for line in lines), lines
    return [shlex.split(re.split(r"  +", line)[0])[1:] for line in lines]


def statuses(text: str) -> set[int]:
    """Return the documented exit statuses."""
    block = text.partition("Exit status:\n")[2].partition("\n\n")[0]
    return {int(number) for number in re.findall(r"^\s+(\d+)  +\S", block, re.MULTILINE)}


@every
def test_help_has_a_usage_and_a_summary(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """The summary is a sentence."""
    usage, summary, *_ = helped(command, capsys).strip().split("\n\n")
    assert usage.startswith(f"Usage: context {' '.join(command)} ")
    assert re.match(r"[A-Z`].*[.`]", summary.strip(), re.DOTALL)


@every
def test_help_has_examples_and_exit_statuses(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Of every command, also of the next one."""
    text = helped(command, capsys)
    assert examples(text, command)
    assert statuses(text) & {0, 2}


PRINTS_JSON = {("invoke",), ("permissions",), ("survey",), ("mcp",)}
"""The commands whose output is always JSON."""

NOT_READ = {
    **dict.fromkeys([("lint",), ("types",), ("imports",), ("test",), ("e2e",), ("fix",), ("debug",)], "a program's"),
    **dict.fromkeys([("preview",), ("pipeline", "preview"), ("account", "preview")], "Pulumi's, which has --json"),
    **dict.fromkeys([("deploy",), ("pipeline", "deploy"), ("account", "deploy")], "Pulumi's, which has --json"),
    **dict.fromkeys([("contracts",), ("openapi",), ("partner-kit",), ("package",), ("add",)], "writes files"),
    **dict.fromkeys([("eject", "workflow"), ("eject", "step"), ("eject", "component")], "writes files"),
    **dict.fromkeys([("picture",), ("docs",)], "a document"),
    ("logs",): "lines of functions, each of which is JSON in CloudWatch",
    ("reproduce",): "the function's answer, which is JSON",
    ("bootstrap",): "the commands that follow",
    **dict.fromkeys([("partner", "add"), ("partner", "rotate"), ("partner", "remove")], "writes settings"),
    **dict.fromkeys([("sandbox", "up"), ("sandbox", "down"), ("sandbox", "sweep")], "writes stacks"),
}
"""The commands without a report for programs, with the reason. Steps of pipelines write files."""

STEPS_OF = ("step", "pull-request")


def _has_json(command: tuple[str, ...]) -> bool:
    entry = GROUPS_OF[command[0]]
    loaded = load(command[0], entry)
    parameters = (loaded.commands[command[1]] if entry.is_group else loaded).params
    return any("--json" in parameter.opts for parameter in parameters)


def test_every_command_that_a_program_may_read_has_json() -> None:
    """A new command is either in a table above, with its reason, or has the option."""
    without = {command for command in COMMANDS if not _has_json(command) and command[0] not in STEPS_OF}
    assert without == {*PRINTS_JSON, *NOT_READ}


def test_the_end_of_a_kept_run_has_a_documented_status(capsys: pytest.CaptureFixture[str]) -> None:
    """Ctrl-C ends a run that is kept, after its result: the status is the result's."""
    text = helped(("run",), capsys)
    assert re.search(r"^ +0 .*--keep, Ctrl-C is the end", text, re.MULTILINE)
    assert re.search(r"^ +130 .*before the result", text, re.MULTILINE)


@every
def test_examples_are_accepted(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Each by the command that shows it."""
    for words in examples(helped(command, capsys), command):
        assert parsed(words).info_name == command[-1]


@every
def test_exit_statuses_have_one_meaning(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Success, failure, refusal, and Ctrl-C; other programs end with statuses of their own."""
    assert statuses(helped(command, capsys)) <= {0, 1, 2, INTERRUPTED}


@every
def test_an_unknown_option_is_refused(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    """Unless the option may be that of the program to which arguments are passed."""
    if GROUPS_OF[command[0]].passes:
        assert parsed([*command, *(["dev"] if command in NEED_STACK else []), "--no-such-option"]).args == [
            "--no-such-option"
        ]
    else:
        assert context(*command, "--no-such-option") == 2
        assert "--no-such-option" in capsys.readouterr().err


GROUPS_OF = {name: entry for entries in GROUPS.values() for name, entry in entries.items()}
NEED_STACK = {("preview",), ("deploy",), ("account", "preview"), ("account", "deploy")}


def test_the_help_lists_all_commands_by_groups(capsys: pytest.CaptureFixture[str]) -> None:
    """Each with its summary, on one line."""
    text = helped((), capsys)
    for title, entries in GROUPS.items():
        section = text.partition(f"\n{title}:\n")[2].partition("\n\n")[0]
        listed = [line.split(maxsplit=1) for line in section.splitlines()]
        assert listed == [[name, entry.summary] for name, entry in entries.items()]


def test_the_help_of_a_group_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """By their names on the command line."""
    for name, entry in GROUPS_OF.items():
        if entry.is_group:
            listed = re.findall(r"^  ([a-z][\w-]*)  ", helped((name,), capsys), re.MULTILINE)
            assert listed == [words[1] for words in COMMANDS if words[0] == name]


@pytest.mark.parametrize("arguments", [["--help"], []])
def test_the_help_imports_no_command(arguments: list[str]) -> None:
    """Neither the packages of commands, nor the modules of the library that implement them."""
    code = _LOADED.format(arguments=arguments)
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)  # noqa: S603
    loaded = set(result.stderr.rpartition("LOADED ")[2].split())
    assert "typer" in loaded
    assert loaded.isdisjoint(NOT_IMPORTED)
    assert loaded.isdisjoint({entry.module for entry in GROUPS_OF.values()})
