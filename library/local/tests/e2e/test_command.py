"""The command itself, as a user runs it."""

import json
import re
import shutil
import signal
import socket
import stat
import subprocess
import time
from pathlib import Path

import pytest

from bounded_context_infra.configuration.project import VARIABLE
from bounded_context_local.emulator import process
from tests.console import PROGRAM

from .facts import CONTEXT, ENVIRONMENT, PROJECT

pytestmark = pytest.mark.e2e
SECONDS = 60


def _start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = ENVIRONMENT | {"TMPDIR": str(folder)}
    return subprocess.Popen(  # noqa: S603
        [PROGRAM, "run", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_kept_run_prints_its_result_and_ends_on_ctrl_c(tmp_path: Path):
    """Standard output holds the JSON alone; after Ctrl-C no file and no folder is left and nobody listens."""
    path = tmp_path / "endpoints.json"
    command = _start(tmp_path, "--rows", "20", "--keep", "--json", "--endpoints", str(path))
    assert command.stderr
    lines: list[str] = []
    while not lines or "Ctrl-C" not in lines[-1]:
        lines.append(command.stderr.readline())
        assert lines[-1], "".join(lines)
    _assert_releases_are_up_to_date([line.strip() for line in lines])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert process.read_endpoints(path).context == CONTEXT.name
    command.send_signal(signal.SIGINT)
    output, _ = command.communicate(timeout=SECONDS)
    result = json.loads(output)
    assert command.returncode == 0
    assert result["rows"] == {"uploaded": 20, "valid": 20, "rejected": 0, "imported": 20}
    assert set(result["events"].values()) == {21}
    assert result["outcome"] == "IMPORTED"
    _assert_additions(result["additions"])
    [endpoint] = [line for line in lines if "AWS_ENDPOINT_URL=" in line]
    _assert_gone(tmp_path, int(endpoint.strip().rpartition(":")[2]))


@pytest.mark.parametrize(
    "number",
    [signal.SIGINT, *(pytest.param(number, marks=pytest.mark.nightly) for number in (signal.SIGTERM, signal.SIGKILL))],
)
def test_a_run_that_is_ended_leaves_no_files(number: signal.Signals, tmp_path: Path):
    """However it ends, in the middle of its work, its emulator ends too and its folder goes."""
    command = _start(tmp_path)
    while not (port := _port(tmp_path)):
        assert command.poll() is None
        time.sleep(0.05)
    command.send_signal(number)
    command.communicate(timeout=SECONDS)
    assert command.returncode != 0
    _assert_gone(tmp_path, port)


@pytest.mark.nightly
def test_a_run_whose_outer_command_is_killed_leaves_no_files(tmp_path: Path):
    """`uv run` cannot signal anything when it is killed, and the run ends all the same."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    uv = shutil.which("uv")
    assert uv
    command = [uv, "run", "--no-project", "--offline", PROGRAM, "run", "--deploy-only", "--keep"]
    environment = ENVIRONMENT | {"TMPDIR": str(scratch)}
    with (tmp_path / "log").open("w") as log:
        outer = subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=log, stderr=log)  # noqa: S603
    while not (port := _port(scratch)):
        assert outer.poll() is None, (tmp_path / "log").read_text()
        time.sleep(0.05)
    outer.kill()
    outer.wait(SECONDS)
    _assert_gone(scratch, port)


def _assert_additions(additions: list[dict[str, str]]) -> None:
    """A command, a refusal, a query, a bad row, a call of each schedule's, and an event of another context."""
    backs = [addition["back"] for addition in additions]
    accepted, refused, queried, reported, watched, swept, heard = backs
    assert "already-exists" in refused
    assert accepted.split()[1] == queried.split()[1] == CONTEXT.initial_status.value
    assert reported.startswith("REJECTED, line 2, ")
    assert watched.endswith(" s old")
    assert swept == "0 unseen uploads"
    assert heard.endswith("-1 is stored as KNOWN")
    assert not any("problem" in addition for addition in additions)


def _port(folder: Path) -> int:
    """Return the port of the emulator in a folder; 0 if its log does not tell yet."""
    text = "".join(log.read_text() for log in folder.glob("*/emulator.log"))
    match = re.search(r"Port (\d+)\D", text)
    return int(match[1]) if match else 0


def _assert_releases_are_up_to_date(lines: list[str]) -> None:
    """The printed variables and the printed command are all that the rollout driver needs."""
    exports = dict(line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export "))
    [printed] = [line for line in lines if " rollout status " in line]
    arguments = [*printed.partition(" rollout ")[2].split(), "--json"]
    result = subprocess.run(  # noqa: S603
        [PROGRAM, "rollout", *arguments],
        env=ENVIRONMENT | exports,
        capture_output=True,
        check=True,
    )
    assert json.loads(result.stdout)["up_to_date"] is True


def _assert_gone(folder: Path, port: int) -> None:
    deadline = time.monotonic() + 10
    while (remaining := list(folder.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert remaining == []
    with socket.socket() as client:
        assert client.connect_ex(("127.0.0.1", port)) != 0


@pytest.mark.nightly
def test_a_list_that_fails_ends_with_its_cause(tmp_path: Path):
    """A planted fault in the rule: step, exception, message, own line and log on the screen, and exit status 1."""
    repository, scratch = tmp_path / "repository", tmp_path / "scratch"
    scratch.mkdir()
    shutil.copytree(PROJECT.root, repository, ignore=shutil.ignore_patterns(".venv", "build"))
    rules = repository / "src" / CONTEXT.name / "use_cases.py"
    before, defined, rest = rules.read_text().partition(f"def {CONTEXT.creating.rule.__name__}(")
    head, end, body = rest.partition('"""\n    details =')
    assert end
    rules.write_text(f'{before}{defined}{head}"""\n    raise OSError("planted")\n    details ={body}')
    line = rules.read_text().splitlines().index('    raise OSError("planted")') + 1
    environment = ENVIRONMENT | {VARIABLE: str(repository), "PYTHONPATH": str(repository / "src")}
    ran = subprocess.run(  # noqa: S603
        [PROGRAM, "run", "--rows", "5"],
        env=environment | {"TMPDIR": str(scratch)},
        capture_output=True,
        text=True,
        timeout=4 * SECONDS,
    )
    fields = dict(re.findall(r"^  (step|error|message|frame|log) +(.+)$", ran.stdout, re.MULTILINE))
    assert ran.returncode == 1, ran.stderr
    assert (fields["step"], fields["error"]) == (CONTEXT.verification, "RuleFailed")
    assert "OSError: planted" in fields["message"]
    assert fields["frame"] == f"src/{CONTEXT.name}/use_cases.py:{line} in {CONTEXT.creating.rule.__name__}"
    assert fields["frame"] in ran.stderr
    assert fields["frame"] in (repository / "build" / "list.html").read_text()
