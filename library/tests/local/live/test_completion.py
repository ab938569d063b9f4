"""What a shell completes: a real one, in a terminal, in which somebody types."""

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bounded_context.local.live.cli import main
from bounded_context.local.live.completion import SHELLS, script

SECONDS = 30
READY = "ready> "

# Stands in for just: lists what there is as the recipe does, and remembers what is called with all of its arguments.
JUST = """#!{python}
import json, sys
from pathlib import Path
match sys.argv[1:]:
    case ["--summary"]:
        print("invoke debug logs run")
    case ["invoke" | "debug"]:
        print("get_thing\\nrelay_events")
    case ["invoke" | "debug", "get_thing"]:
        print("message\\nsmoke-check")
    case arguments:
        with Path({said!r}).open("a") as said:
            said.write(json.dumps(arguments) + "\\n")
"""
OPTIONS = {"bash": ["--norc", "--noprofile", "-i"], "zsh": ["-f", "-i"]}


class Terminal:
    """A shell in which the completion is loaded."""

    def __init__(self, shell: str, folder: Path) -> None:
        self._said = folder / "said.json"
        for name, text in {
            "just": JUST.format(python=sys.executable, said=str(self._said)),
            "uv": '#!/bin/sh\nshift\n"$@"\n',
        }.items():
            (folder / name).write_text(text)
            (folder / name).chmod(0o755)
        (folder / "completion").write_text(script(shell))
        self._end, other = pty.openpty()
        environment = os.environ | {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(folder),
            "TERM": "dumb",
        }
        self._shell = subprocess.Popen(  # noqa: S603
            [shutil.which(shell) or shell, *OPTIONS[shell]],
            stdin=other,
            stdout=other,
            stderr=other,
            cwd=folder,
            env=environment,
            start_new_session=True,
        )
        os.close(other)
        self._type("PS1='rea''dy> '; . ./completion\n")
        self._shown = ""
        self._until(lambda: READY in self._shown)

    def called(self, typed: str) -> list[list[str]]:
        """What just is called with, but for what it lists, once somebody has typed this with its tabs, and a return."""
        self._said.unlink(missing_ok=True)
        self._type(f"{typed}\n")
        self._until(lambda: self._said.exists() and self._said.read_text().endswith("\n"))
        return [json.loads(line) for line in self._said.read_text().splitlines()]

    def close(self) -> None:
        """End the shell."""
        self._shell.kill()
        self._shell.wait()
        os.close(self._end)

    def _type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def _until(self, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < deadline, self._shown
            if select.select([self._end], [], [], 0.1)[0]:
                self._shown += os.read(self._end, 4096).decode(errors="replace")


@pytest.fixture(params=SHELLS)
def terminal(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Terminal]:
    """A terminal of each shell that this machine has."""
    if not shutil.which(request.param):
        pytest.skip(f"no {request.param} on this machine")
    one = Terminal(request.param, tmp_path)
    yield one
    one.close()


@pytest.mark.parametrize(
    ("typed", "called"),
    [
        ("just invoke get\tsm\t", ["invoke", "get_thing", "smoke-check"]),
        ("uv run just debug rel\tx", ["debug", "relay_events", "x"]),
        ("just inv\tget\t./com\t", ["invoke", "get_thing", "./completion"]),
    ],
)
def test_names_are_completed(terminal: Terminal, typed: str, called: list[str]):
    """Recipes, functions and samples are, also behind uv; where no sample fits, files are."""
    assert terminal.called(typed) == [called]


def test_nothing_is_called_to_complete_what_comes_after_an_event(terminal: Terminal):
    """A call would be one in earnest."""
    assert terminal.called("just invoke get_thing message \tx") == [["invoke", "get_thing", "message", "x"]]


def test_the_command_prints_the_script(capsys: pytest.CaptureFixture[str]):
    """Also where no run is kept."""
    assert main(["invoke", "--completion", "bash"]) == 0
    assert capsys.readouterr().out == script("bash")
