"""Releases on the embedded AWS: the real driver, the real hooks, real calls of a real alias."""

import json
import signal
import subprocess
import time
from pathlib import Path

import pytest

from bounded_context_local.rehearsal.acts import ACTS
from tests.console import PROGRAM

from .facts import ENVIRONMENT

pytestmark = pytest.mark.e2e


@pytest.mark.nightly
def test_bad_versions_are_caught_and_a_good_one_takes_all_traffic() -> None:
    """The rehearsal as its user starts it: each act goes as it should, and the numbers say so."""
    result = subprocess.run(  # noqa: S603
        [PROGRAM, "rehearse", "--json"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert result.returncode == 0, result.stderr
    acts = {act["act"]: act for act in json.loads(result.stdout)}
    assert list(acts) == [act.name for act in ACTS]
    stuck, failing, working, returning = acts.values()
    assert (stuck["met_the_new_version"], stuck["failed"]) == (0, 0)
    assert failing["met_the_new_version"] == failing["failed"] > 0
    assert failing["live"] == failing["from"]
    assert (working["live"], working["failed"], working["workflow"]) == (working["to"], 0, "succeeded")
    assert returning["live"] == working["from"]


@pytest.mark.nightly
def test_10_000_aggregates_are_restored_within_two_minutes() -> None:
    """The rehearsal as its user starts it."""
    result = subprocess.run(  # noqa: S603
        [PROGRAM, "rehearse", "restore", "--json"],
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert (report["rows"], report["problems"]) == (10_000, [])


@pytest.mark.nightly
@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.nightly)])
def test_a_rehearsal_ends_in_the_middle_of_a_release(number: signal.Signals, tmp_path: Path) -> None:
    """The driver hears of the signal first; no act follows, and nothing is left."""
    command = subprocess.Popen(  # noqa: S603
        [PROGRAM, "rehearse"],
        env=ENVIRONMENT | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stderr
    output = ""
    while "creating" not in output:
        output += command.stderr.readline()
        assert command.poll() is None, output
    command.send_signal(number)
    _, more = command.communicate(timeout=30)
    assert command.returncode == 130
    assert "Act 2" not in output + more
    assert "Interrupted" in more
    deadline = time.monotonic() + 10
    while (remaining := list(tmp_path.iterdir())) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert remaining == []
