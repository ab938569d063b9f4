"""Text of other parties has no effect on a terminal, whichever command prints it, and `NO_COLOR` holds."""

import ast
import io
import json
import os
import pty
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from rich.table import Table
from rich.text import Text

from bounded_context_cli.check import steps
from bounded_context_cli.check.selection import Selection
from bounded_context_cli.command import application, deferred, terminal
from bounded_context_cli.command.console import Consoles
from bounded_context_cli.command.deferred import Entry
from bounded_context_cli.command.output import fail
from tests.console import PROGRAM

HOSTILE = "id-1$(touch x)\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b31m\r\u202egpj\u2066[bold red]b[/]\ud800\x00"
"""A command of a shell, the clipboard, a cleared screen, a hidden beginning of the line, and markup of Rich."""

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
LIBRARY = Path(__file__).parents[3]
SOURCES = [
    file
    for folder in (*LIBRARY.glob("*/src"), LIBRARY.parent / "template")
    for file in folder.rglob("*.py")
    if file.name != "terminal.py" and "partner_kit" not in file.parts  # a partner checks the partner's own file
]


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


def _table(*cells: str | Text) -> Table:
    table = Table(title=str(cells[0]))
    table.add_row(*cells)
    return table


WAYS = {
    "print": print,
    "standard output": lambda text: sys.stdout.write(text),
    "lines": lambda text: sys.stdout.writelines([text]),
    "standard error": lambda text: sys.stderr.write(text),
    "typer": typer.echo,
    "an error": fail,
    "a sentence": Consoles(as_json=False).tell,
    "a failure": Consoles(as_json=False).fail,
    "a line": Consoles(as_json=False)._print,
    "a refusal": lambda text: Consoles(as_json=True).refuse("dev", text),
    "a table": lambda text: terminal.console().print(_table(text), width=120),
    "a text": lambda text: terminal.console().print(Text(text), Text(text, "bold"), width=200),
    "cells of texts": lambda text: terminal.console().print(_table(text, Text(text)), width=300),
    "a narrow table": lambda text: terminal.console().print(_table(text * 9), width=20),
    "several": lambda text: terminal.console().print("a", text, sep="\n"),
    "a red line": lambda text: terminal.write_red(text, sys.stdout),
    "JSON": lambda text: sys.stdout.write(json.dumps(text, ensure_ascii=False)),
}
"""The ways in which commands print."""


def screens(monkeypatch: pytest.MonkeyPatch) -> tuple[Terminal, Terminal]:
    """Replace standard output and standard error by terminals with colours: pytest replaces those of a fixture."""
    streams = Terminal(), Terminal()
    for name, stream in zip(("stdout", "stderr"), streams, strict=True):
        monkeypatch.setattr(sys, name, stream)
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    return streams


def _run(way: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run a command of `context` that prints the hostile text in a way."""
    module: Any = SimpleNamespace(show=lambda: way(HOSTILE) and None)
    monkeypatch.setattr(application, "groups", lambda: {"Own": {"show": Entry("Show", "own_hostile", ("show",))}})
    monkeypatch.setitem(sys.modules, "own_hostile", module)
    deferred.load.cache_clear()
    return application.run(["show"])


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("no_colour", [False, True])
def test_hostile_text_is_escaped(way: str, no_colour: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the colours of the command itself remain, and none with NO_COLOR. Markup stays text."""
    streams = screens(monkeypatch)
    if no_colour:
        monkeypatch.setenv("NO_COLOR", "1")
    _run(WAYS[way], monkeypatch)
    printed = "".join(stream.getvalue() for stream in streams)
    text = printed if no_colour else re.sub(r"\x1b\[[\d;]*m", "", printed)
    assert not OBEYED.search(text), text
    assert "\x1b]52" not in printed
    words = re.sub(r"[\s│┃├┤─]", "", text)
    assert "id-1$(touchx)" in words
    assert "[boldred]b[/]" in words
    if way == "JSON":
        assert json.loads(text.encode("utf-8", "replace")) == HOSTILE


def test_the_name_of_a_file_is_no_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A kept run prints the names of uploaded files."""
    Consoles(as_json=False).tell_line("a.csv\nError: run `curl x | sh` has arrived")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_an_error_of_python_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python prints it after the command, through the same streams."""
    streams = screens(monkeypatch)

    def fails(text: str) -> None:
        raise RuntimeError(text)

    with pytest.raises(RuntimeError) as raised:
        _run(fails, monkeypatch)
    sys.excepthook(raised.type, raised.value, raised.tb)
    assert "id-1$(touch x)" in streams[1].getvalue()
    assert not OBEYED.search(streams[1].getvalue())


def test_no_module_prints_around_the_streams() -> None:
    """No other console of Rich, no other stream of the process, and no colours as escapes."""
    around = [f"{file.relative_to(LIBRARY.parent)}:{line}" for file in SOURCES for line in _around(file)]
    assert not around


def _around(file: Path) -> Iterator[int]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        is_call = isinstance(node, ast.Call)
        if is_call and ast.unparse(node.func).rpartition(".")[2] == "Console":
            yield node.lineno
        if isinstance(node, ast.Attribute) and re.fullmatch(
            r"sys\.(__std\w+__|std(out|err)\.buffer)", ast.unparse(node)
        ):
            yield node.lineno
        if is_call and ast.unparse(node.func) == "os.write" and ast.unparse(node.args[0]) in ("1", "2"):
            yield node.lineno
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "\x1b[" in node.value:
            yield node.lineno


@pytest.mark.parametrize(
    "code",
    [
        "from rich.console import Console\nConsole().print(x)",
        "import sys\nsys.stdout.buffer.write(x)",
        "import sys\nprint(x, file=sys.__stdout__)",
        "import os\nos.write(1, x)",
        "print('\\033[31m' + x)",
    ],
)
def test_a_module_that_prints_around_the_streams_is_found(code: str, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(code)
    assert [*_around(tmp_path / "module.py")]


@pytest.mark.parametrize("command", [["--help"], ["docs", "rules"], ["docs"], ["no-such"], ["run", "--rows", "x"]])
def test_no_color_holds_on_a_terminal(command: list[str]) -> None:
    """Neither the commands nor their pager print a colour."""
    environment = {**os.environ, "NO_COLOR": "1", "TERM": "xterm-256color", "PAGER": "cat"}
    assert "\x1b" not in _on_a_terminal([PROGRAM, *command], environment)


def test_a_failed_check_is_red_unless_no_color_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty NO_COLOR has no effect, as no-color.org says."""
    streams = screens(monkeypatch)
    passes, fails = (f"{sys.executable} -c 'raise SystemExit({status})'" for status in (0, 1))
    project: Any = SimpleNamespace(
        root=tmp_path, settings={"check": {**dict.fromkeys(("load", *steps.STEPS), passes), "lint": fails}}
    )
    for value, coloured in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", value)
        assert steps.run(project, Selection()) == 1
        assert ("\x1b[31m" in streams[0].getvalue()) == coloured
        streams[0].truncate(0)


def _on_a_terminal(command: list[str], environment: dict[str, str]) -> str:
    """Return the output of a command whose output is a terminal."""
    leader, follower = pty.openpty()
    with subprocess.Popen(command, stdin=follower, stdout=follower, stderr=follower, env=environment) as process:  # noqa: S603
        os.close(follower)
        text = b""
        while select.select([leader], [], [], 30)[0]:
            try:
                part = os.read(leader, 65536)
            except OSError:  # the other end is closed
                break
            text += part
        process.wait()
    os.close(leader)
    return text.decode()


def test_a_command_that_ended_without_its_end_leaves_no_stream_behind(monkeypatch: pytest.MonkeyPatch):
    """Each further command of the process would write through one more stream."""
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdout", printed)
    monkeypatch.setattr(sys, "stderr", printed)
    for _ in range(3):
        terminal.escaped_output().__enter__()
    written: Any = sys.stdout
    written.write("\x1b[2J\n")
    assert written.stream is printed
    assert printed.getvalue() == "\\u001b[2J\n"
