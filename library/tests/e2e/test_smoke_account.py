"""A throw-away stack on the embedded AWS: the command as its user starts it, up to what only an account has."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from .facts import CONTEXT, ENVIRONMENT

pytestmark = pytest.mark.e2e
COMMAND = [sys.executable, "-m", "bounded_context.smoke_account", "--emulator"]


def test_a_stack_is_made_tried_and_taken_away() -> None:
    """Ten rows come through to every queue, a bad version is rolled back, a good one is live, and nothing is left."""
    done = subprocess.run(  # noqa: S603
        [*COMMAND, "--json"], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=240
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    steps = {step["name"]: step for step in told["steps"]}
    assert (told["result"], list(steps)) == (
        "passed",
        ["deploy", "10 rows", "queues", "bad version", "good version", "destroy"],
    )
    for subscriber in CONTEXT.subscribers:
        assert subscriber in steps["queues"]["said"]
    assert "version 2 of" in steps["bad version"]["said"]
    assert "HOOK_EXECUTION_FAILURE" in steps["bad version"]["said"]
    assert "version 3 of" in steps["good version"]["said"]
    assert all(step["seconds"] > 0 for step in told["steps"])


def test_ctrl_c_takes_the_stack_away(tmp_path: Path) -> None:
    """In the middle of it; what was begun is told as interrupted."""
    command = subprocess.Popen(  # noqa: S603
        COMMAND, env=ENVIRONMENT | {"TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert command.stdout
    assert "✓ deploy" in command.stdout.readline()
    command.send_signal(signal.SIGINT)
    told, errors = command.communicate(timeout=60)
    assert command.returncode == 130, errors
    assert "interrupted" in told
    assert "✓ destroy" in told
    assert list(tmp_path.glob("local-aws-*")) == []
