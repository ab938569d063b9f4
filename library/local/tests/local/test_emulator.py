"""An emulator's process, with a stand-in for it that starts to listen once a file is there."""

import sys
import tempfile
from http.client import HTTPException
from pathlib import Path
from typing import NoReturn

import pytest
from urllib3.exceptions import ProtocolError

from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.emulator import process as emulator
from bounded_context_local.emulator.process import NO_PROXY, is_ready, running_emulator
from bounded_context_local.stand_ins import serving

STAND_IN = """#!{python}
import http.server, os, pathlib, time

print("waiting", flush=True)
while not pathlib.Path({sign!r}).exists():
    time.sleep(0.01)


class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()


http.server.HTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Ready).serve_forever()
"""


@pytest.fixture
def sign(tmp_path: Path) -> Path:
    """What the stand-in waits for."""
    return tmp_path / "sign"


@pytest.fixture
def interpreter(tmp_path: Path, sign: Path) -> Path:
    """Stands in for the interpreter of the emulator's environment."""
    script = tmp_path / "python"
    script.write_text(STAND_IN.format(python=sys.executable, sign=str(sign)))
    script.chmod(0o755)
    return script


def test_work_in_the_meantime_ends_before_the_wait_for_the_emulator(interpreter: Path, sign: Path):
    with running_emulator(interpreter, "eu-west-1", meanwhile=sign.touch) as running:
        assert is_ready(running)
    assert not is_ready(running)
    assert not running.folder.exists()


def test_an_emulator_ends_if_work_in_the_meantime_fails(interpreter: Path, monkeypatch: pytest.MonkeyPatch):
    """Ctrl-C may come there, too."""
    folders = interpreter.with_name("folders")
    folders.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folders))

    def interrupt() -> None:
        assert list(folders.iterdir())
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), running_emulator(interpreter, "eu-west-1", meanwhile=interrupt):
        pytest.fail("it was yielded")
    assert not list(folders.iterdir())


def test_an_emulator_that_is_never_ready_is_an_error_with_its_log(interpreter: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(emulator, "READY_SECONDS", 2.0)
    with pytest.raises(LocalRunError, match="not ready in 2 s:\nwaiting"), running_emulator(interpreter, "eu-west-1"):
        pytest.fail("it was yielded")


def test_an_emulator_that_ends_at_its_start_is_an_error_with_its_log(interpreter: Path):
    """At once. A patch that does not fit the emulator, for instance, is named there."""
    interpreter.write_text(f"#!{sys.executable}\nraise SystemExit('the patch does not fit')\n")
    with (
        pytest.raises(LocalRunError, match=r"ended.*\nthe patch does not fit"),
        running_emulator(interpreter, "eu-west-1"),
    ):
        pytest.fail("it was yielded")


def test_a_stand_in_prints_nothing_after_the_end_of_the_emulator(capsys: pytest.CaptureFixture[str]):
    """The run reports it. The function's connection is closed."""

    def respond(_: object) -> NoReturn:
        raise ProtocolError("Connection aborted.")

    with serving(respond, 0, "ended") as endpoint, pytest.raises((HTTPException, OSError)):
        NO_PROXY.open(endpoint, timeout=10)
    assert capsys.readouterr().err == ""
