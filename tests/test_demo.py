"""The demo's own part: what it starts, where, and how it stops."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from template.demo import demo
from template.library import LibraryError

# Stands in for uv: says how it was started, then does what the test wants the context's local run to do.
UV = """#!{python}
import json, os, signal, sys, time
from pathlib import Path
said = Path({said!r})
record = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "venv": os.environ.get("VIRTUAL_ENV")}}
record["process"] = os.getpid()
def clean_up(*_):
    record["interrupts"] = record.get("interrupts", 0) + 1
    time.sleep(0.3)
    said.write_text(json.dumps(record))
    sys.exit(130)
signal.signal(signal.SIGINT, clean_up)
said.write_text(json.dumps(record))
print("on stdout", flush=True)
time.sleep(30 if "--rows=7" in sys.argv else 0)
sys.exit(3)
"""


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the stand-in for uv, now first on the PATH, writes how it was started."""
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(UV.format(python=sys.executable, said=str(tmp_path / "said.json")))
    uv.chmod(0o755)
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", f"{uv.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    yield tmp_path / "said.json"


def start(*arguments: str) -> "subprocess.Popen[str]":
    """Start the demo as a command."""
    command = [sys.executable, "-m", "template", "demo", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_the_demo_runs_the_baked_context_and_removes_it(said: Path, tmp_path: Path) -> None:
    """Its output and exit status are the local run's, in an environment that is not the template's."""
    (tmp_path / "list.csv").write_text("")
    process = start("--json", "--file", str(tmp_path / "list.csv"), "--page", "list.html")
    out, _ = process.communicate(timeout=30)
    record = json.loads(said.read_text())
    assert (process.returncode, out) == (3, "on stdout\n")
    run = ["run", "--quiet", "context", "run"]
    page = f"--page={Path('list.html').resolve()}"
    assert record["arguments"] == [*run, f"--file={tmp_path / 'list.csv'}", page, "--json"]
    assert Path(record["folder"]).name == "Payment"
    assert record["venv"] is None
    assert not Path(record["folder"]).exists()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_the_demo_runs_the_context_of_anybodys_answers(said: Path, tmp_path: Path) -> None:
    """Missing answers get their default. A bad answer ends the demo with its question and rule before the bake."""
    answers = tmp_path / "answers.yaml"
    answers.write_text("default_context: {context_name: Order, verification: none}\n")
    start("--answers", str(answers), "--verbose").communicate(timeout=30)
    record = json.loads(said.read_text())
    assert Path(record["folder"]).name == "Order"
    assert record["arguments"][-1] == "--verbose"
    answers.write_text("default_context: {context_name: order}\n")
    process = start("--answers", str(answers))
    _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert ("context_name: " in error, "PascalCase" in error) == (True, True)
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("arguments", [["--output"], ["--keep"]])
def test_the_demo_keeps_its_folder_on_request(arguments: list[str], said: Path, tmp_path: Path) -> None:
    """A folder of the user's stays, and so does what goes on running."""
    process = start(*arguments, *([str(tmp_path / "mine")] if arguments == ["--output"] else []))
    _, err = process.communicate(timeout=30)
    folder = Path(json.loads(said.read_text())["folder"])
    assert arguments == ["--output"] or f"rm -r {folder.parent}" in err
    assert (folder / "pyproject.toml").exists()
    assert arguments == ["--keep"] or folder == tmp_path / "mine" / "Payment"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_reaches_the_run_once_and_is_waited_for(number: signal.Signals, said: Path) -> None:
    """The local run stops what it started by itself, and only then the folder goes."""
    process = start("--rows", "7")
    deadline = time.monotonic() + 20
    while not said.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    process.communicate(timeout=20)
    record = json.loads(said.read_text())
    assert process.returncode == 130
    assert record["interrupts"] == 1
    assert not Path(record["folder"]).exists()


def test_a_demo_that_is_killed_leaves_no_folder(said: Path, tmp_path: Path) -> None:
    """It can tell nobody that it ends, and its folder goes all the same."""
    process = start("--rows", "7")
    deadline = time.monotonic() + 60
    while not said.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert list((tmp_path / "tmp").iterdir())
    process.kill()
    process.wait()
    while list((tmp_path / "tmp").iterdir()) and time.monotonic() < deadline + 20:
        time.sleep(0.05)
    assert list((tmp_path / "tmp").iterdir()) == []
    os.kill(json.loads(said.read_text())["process"], signal.SIGKILL)


def test_the_demo_reports_that_uv_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Before it bakes anything."""
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(LibraryError, match="pip install uv"):
        demo(tmp_path, [], keep=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["--rows", "0"], ["--rows", "many"], ["--file", "no-such-file"]])
def test_the_demo_refuses_arguments_that_cannot_work(arguments: list[str]) -> None:
    """With Typer's exit status, and the argument."""
    process = start(*arguments)
    _, error = process.communicate(timeout=30)
    assert process.returncode == 2
    assert arguments[1] in error
    assert "Traceback" not in error


def test_the_demo_does_not_overwrite(said: Path, tmp_path: Path) -> None:
    """A context that already exists may be somebody's work."""
    (tmp_path / "mine" / "Payment").mkdir(parents=True)
    process = start("--output", str(tmp_path / "mine"))
    _, error = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "already exists" in error
    assert not said.exists()
