"""Two contexts together: which pairs make sense, what is started, and that nothing of it stays."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from template.pair.choice import BadPair, choose
from template.pair.run import SCENARIO
from template.pair.scenario.outcome import UNKNOWN

# Stands in for uv: the first context writes its endpoints and waits, the second's scenario does what the test wants.
UV = """#!{python}
import json, os, signal, sys, time
from pathlib import Path
folder = Path({said!r})
arguments = sys.argv[1:]
record = {{"arguments": arguments, "folder": os.getcwd(), "venv": os.environ.get("VIRTUAL_ENV")}}
record |= {{"interrupts": 0, "path": os.environ.get("PYTHONPATH")}}
what = "sync" if arguments[0] == "sync" else "scenario" if "template.pair.scenario" in arguments else "first"
options = dict(one.removeprefix("--").partition("=")[::2] for one in arguments if one.startswith("--"))
def say():
    draft = folder / f".{{what}}"
    draft.write_text(json.dumps(record))
    draft.rename(folder / f"{{what}}.json")
def interrupted(*_):
    record["interrupts"] += 1
    say()
    if what == "first":
        Path(options["endpoints"]).unlink()
    sys.exit(130)
signal.signal(signal.SIGINT, interrupted)
say()
plays = (folder / "plays").read_text()
if what == "first":
    if plays == "first fails":
        print("the reason", file=sys.stderr)
        sys.exit(1)
    time.sleep(0.2)
    Path(options["endpoints"]).write_text("{{}}")
    time.sleep(0.5 if plays == "first ends" else 60)
if what == "scenario":
    assert Path(options["join"]).exists()
    print("the outcome", flush=True)
    time.sleep(60 if plays == "long" else 1 if plays == "first ends" else 0)
    sys.exit(7 if plays == "does not add up" else 0)
"""


class Stage:
    """The demo as a command, with a stand-in for uv."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.temporary = folder / "tmp"

    def start(self, plays: str, *arguments: str) -> "subprocess.Popen[str]":
        """Start the demo; ``plays`` is what is to happen."""
        (self.folder / "plays").write_text(plays)
        command = [sys.executable, "-m", "template", "demo", "--contexts", "subscription,payment", *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def said(self, what: str) -> dict[str, object]:
        """Return how "first", "sync" or "scenario" was started, once it was."""
        file = self.folder / f"{what}.json"
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        return json.loads(file.read_text())


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The stand-in for uv is first on the PATH, and temporary folders are where the test can see them."""
    uv = tmp_path / "bin" / "uv"
    uv.parent.mkdir()
    uv.write_text(UV.format(python=sys.executable, said=str(tmp_path)))
    uv.chmod(0o755)
    monkeypatch.delenv("UV", raising=False)
    monkeypatch.setenv("PATH", f"{uv.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("VIRTUAL_ENV", "/ours")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    yield Stage(tmp_path)


def test_the_second_is_verified_against_events_of_the_first() -> None:
    """Each command's event makes the thing known but the one that deletes it."""
    assert choose("subscription,payment").consumes == {
        "subscription": {
            "topic": "/subscription/local/topic-arn",
            "created_by": ["SubscriptionStarted", "SubscriptionRenewed", "SubscriptionPaused"],
            "deleted_by": ["SubscriptionEnded"],
        }
    }


def test_own_answers_follow_from_the_name(tmp_path: Path) -> None:
    """Commands that are not answered are the template's own; a name of two words is written as its topic is."""
    (tmp_path / "vat_return.yaml").write_text("default_context: {context_name: VATReturn}")
    (tmp_path / "refund.yaml").write_text(
        "default_context: {context_name: Refund, fields: 'vat_return_id:str', verification: VerifyVATReturn}"
    )
    pair = choose("vat_return,refund", tmp_path)
    assert pair.first.command("creates").snake == "register_vat_return"
    assert pair.consumes == {
        "vat_return": {
            "topic": "/vat-return/local/topic-arn",
            "created_by": ["VATReturnRegistered", "VATReturnVerified"],
            "deleted_by": ["VATReturnDeleted"],
        }
    }


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ("payment", "write two contexts with a comma between them, such as subscription,payment"),
        ("a,b,c", "write two contexts with a comma between them"),
        ("payment,payment", "write two different contexts, such as subscription,payment, not payment twice"),
        ("subscription,receipt", "there are no answers for 'receipt': write two of"),
        ("../answers/subscription,payment", "there are no answers for '../answers/subscription'"),
        ("subscription,order", "Order verifies its lists against Customer, not Subscription: write a context"),
        ("payment,subscription", "Subscription verifies its lists against Customer, not Payment"),
    ],
)
def test_two_contexts_without_common_events_are_refused(names: str, sentence: str) -> None:
    """One sentence says what to write instead."""
    with pytest.raises(BadPair) as refused:
        choose(names)
    assert sentence in str(refused.value)


def test_a_context_without_a_verification_is_refused(tmp_path: Path) -> None:
    """It needs no events of another context. The error names it."""
    (tmp_path / "lone.yaml").write_text("default_context: {context_name: Lone, verification: none}")
    with pytest.raises(BadPair, match=r"^Lone verifies "):
        choose("payment,lone", tmp_path)


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--contexts", "order,payment"], 2, "Payment verifies its lists against Subscription, not Order"),
        (["--contexts", "subscription,payment", "--rows", "7"], 1, "--rows=7 is for the demo of one context"),
    ],
)
def test_the_command_refuses_impossible_pairs(arguments: list[str], status: int, sentence: str) -> None:
    """Before it bakes anything."""
    command = [sys.executable, "-m", "template", "demo", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert result.returncode == status
    assert sentence in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.slow
def test_the_second_joins_the_first_and_both_are_gone_afterwards(stage: Stage) -> None:
    """Output and exit status are the scenario's; the first is ended once, and then the folders go."""
    process = stage.start("all is well", "--json")
    out, error = process.communicate(timeout=60)
    first, scenario = stage.said("first"), stage.said("scenario")
    assert (process.returncode, out, error) == (0, "the outcome\n", "")
    assert [Path(str(context["folder"])).name for context in (first, scenario)] == ["Subscription", "Payment"]
    assert first["interrupts"] == 1
    assert first["venv"] is None
    assert {"--keep", "--deploy-only"} <= set(_list(first))
    assert {"--creates=start_subscription", "--deletes=end_subscription", "--json"} <= set(_list(scenario))
    assert list(stage.temporary.iterdir()) == []


@pytest.mark.slow
def test_a_wrong_outcome_is_the_exit_status(stage: Stage) -> None:
    """Nothing stays."""
    process = stage.start("does not add up")
    _, error = process.communicate(timeout=60)
    assert process.returncode == 7
    assert "Subscription runs, " in error
    assert list(stage.temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("plays", "sentence"),
    [("first fails", "Subscription could not be started:\nthe reason"), ("first ends", "Subscription ended too early")],
)
def test_a_failed_first_context_fails_the_demo_with_its_last_lines(plays: str, sentence: str, stage: Stage) -> None:
    """With the last lines of what it printed."""
    process = stage.start(plays)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert sentence in error
    assert list(stage.temporary.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_ends_both_and_leaves_no_files(number: signal.Signals, stage: Stage) -> None:
    """The scenario is asked first, since it stands on the first context's emulator."""
    process = stage.start("long")
    stage.said("scenario")
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert [stage.said(what)["interrupts"] for what in ("first", "scenario")] == [1, 1]
    assert list(stage.temporary.iterdir()) == []


def test_existing_contexts_are_not_changed(stage: Stage, tmp_path: Path) -> None:
    """A folder may be a person's work, so neither context is baked. The error has the folder and the option."""
    (tmp_path / "mine" / "Payment").mkdir(parents=True)
    process = stage.start("all is well", "--output", str(tmp_path / "mine"))
    _, error = process.communicate(timeout=60)
    assert process.returncode == 1
    assert ("Payment already exists" in error, "--output" in error) == (True, True)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["Payment"]


def _list(record: dict[str, object]) -> list[str]:
    arguments = record["arguments"]
    assert isinstance(arguments, list)
    return arguments


@pytest.mark.nightly
@pytest.mark.e2e
def test_a_payment_is_verified_against_events_of_subscription() -> None:
    """The generated contexts themselves, on one emulator: all is read from queues, tables and the partner's report."""
    command = [sys.executable, "-m", "template", "demo", "--contexts", "subscription,payment", "--json"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert report["emitted"] == {"SubscriptionStarted": 20, "SubscriptionEnded": 1}
    assert report["projected"] == {"known": 19, "gone": 1}
    assert report["rows"] == {"uploaded": 97, "imported": 95, "rejected": 2}
    assert [rejection["line"] for rejection in report["rejected"]] == [97, 98]
    assert all(rejection["field"] == "subscription_id" for rejection in report["rejected"])
    assert all(rejection["reason"].endswith(UNKNOWN) for rejection in report["rejected"])


class Orphan:
    """The demo as a command that no launcher has started, below the test's own temporary folder."""

    def __init__(self, folder: Path) -> None:
        self.temporary, self.log = folder / "tmp", folder / "log"
        self.temporary.mkdir()
        command = [sys.executable, "-m", "template", "demo", "--contexts", "subscription,payment"]
        # The shell ends at once: above what it leaves is no uv that started these tests.
        shell = f'{shlex.join(command)} > "{self.log}" 2>&1 & echo $!'
        environment = os.environ | {"TMPDIR": str(self.temporary)}
        result = subprocess.run(["sh", "-c", shell], env=environment, stdout=subprocess.PIPE, text=True, check=True)
        self.process = int(result.stdout)

    def alive(self) -> dict[int, str]:
        """Its processes, and those that they have started: all have its temporary folder."""
        mark, processes = f"TMPDIR={self.temporary}".encode(), dict[int, str]()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "environ").read_bytes().split(b"\0"):
                    processes[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return processes

    def files(self) -> list[str]:
        """What is in its temporary folder, but for uv's own locks."""
        return [path.name for path in self.temporary.iterdir() if path.suffix != ".lock"]


@pytest.fixture
def orphan(tmp_path: Path) -> Iterator[Orphan]:
    """It, and nothing of it afterwards."""
    orphan = Orphan(tmp_path)
    yield orphan
    for process in orphan.alive():
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


@pytest.mark.e2e
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="whose child a process is, is read from /proc")
@pytest.mark.nightly
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"])
def test_two_ended_contexts_leave_no_files(number: signal.Signals, orphan: Orphan) -> None:
    """While the second is deployed beside the first: no process and no folder, however the command is ended."""
    deadline = time.monotonic() + 200
    while "runs, with the emulator" not in orphan.log.read_text() and orphan.alive() and time.monotonic() < deadline:
        time.sleep(0.1)
    while not any(SCENARIO in command for command in orphan.alive().values()) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert orphan.files()
    os.kill(orphan.process, number)
    deadline = time.monotonic() + 60
    while (orphan.alive() or orphan.files()) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert (orphan.alive(), orphan.files()) == ({}, []), orphan.log.read_text()
