"""A throw-away stack on the embedded AWS: the command as its user starts it, up to what only an account has."""

import json
import signal
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bounded_context_infra.configuration.project import Project
from bounded_context_lab.smoke_account.steps import Steps, smoke
from bounded_context_lab.smoke_account.worlds import Account
from bounded_context_local.actors.subscriber import Subscriber
from bounded_context_local.provider.program import STACK
from bounded_context_local.running.context import RunningContext
from bounded_context_local.testing.running import running as started
from bounded_context_platform.temporary_stacks.stack import TemporaryStack
from tests.console import PROGRAM
from tests.smoke_account.conftest import Cli, Place, cli, place, signals

from .facts import CONTEXT, ENVIRONMENT, PROJECT

__all__ = ["cli", "place", "signals"]

pytestmark = pytest.mark.e2e
COMMAND = [PROGRAM, "smoke-account", "--emulator"]


@pytest.fixture
def untouched() -> Iterator[RunningContext]:
    """A stack that is this test's alone: what others leave in its dead-letter queues would be told as a failure."""
    with started(PROJECT) as running:
        yield running.deployed


@pytest.mark.nightly
def test_a_stack_is_created_tested_and_destroyed() -> None:
    """Ten rows come through to every queue, a bad version is rolled back, a good one is live, and nothing is left."""
    result = subprocess.run(  # noqa: S603
        [*COMMAND, "--json"], env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=240
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    steps = {step["name"]: step for step in report["steps"]}
    assert (report["result"], list(steps)) == (
        "passed",
        ["deploy", "10 rows", "queues", "bad version", "good version", "destroy"],
    )
    for subscriber in CONTEXT.subscribers:
        assert subscriber in steps["queues"]["message"]
    assert "version 2 of" in steps["bad version"]["message"]
    assert "HOOK_EXECUTION_FAILURE" in steps["bad version"]["message"]
    assert "version 3 of" in steps["good version"]["message"]
    assert all(step["seconds"] > 0 for step in report["steps"])


@pytest.mark.nightly
def test_ctrl_c_takes_the_stack_away(tmp_path: Path) -> None:
    """In the middle of it, or between two steps."""
    command = subprocess.Popen(  # noqa: S603
        COMMAND, env=ENVIRONMENT | {"TMPDIR": str(tmp_path)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert command.stdout
    assert "✓ deploy" in command.stdout.readline()
    command.send_signal(signal.SIGINT)
    output, errors = command.communicate(timeout=60)
    assert command.returncode == 130, errors
    assert "interrupted" in errors
    assert "✓ destroy" in output
    assert list(tmp_path.glob("local-aws-*")) == []


class There(Account):
    """An account that is the emulator's: its stack is not a sandbox, and others read its queues already."""

    def __init__(self, project: Project, deployed: RunningContext) -> None:
        super().__init__(project, "here")
        self._stack = TemporaryStack(project, STACK)
        self.deployed = deployed

    def send(self, name: str, content: bytes) -> None:
        self.deployed.partner.upload(name, content)

    def subscribers(self) -> Sequence[Subscriber]:
        return self.deployed.subscribers


@pytest.mark.nightly
def test_the_checks_of_an_account_run_against_the_emulator(
    untouched: RunningContext, place: Place, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By boto3 as it is, with the driver's own clients and clock; the Pulumi CLI is a stand-in."""
    for name, value in untouched.emulator.client_environment().items():
        monkeypatch.setenv(name, value)
    cli.outputs(dict(untouched.outputs))
    cli.has("dev")
    account = There(place.project, untouched)
    account.patience, account.code = 60, PROJECT.build / "local" / "code.zip"
    steps = Steps(lambda _: None)
    smoke(account, CONTEXT, steps)
    assert steps.passed, [step.message for step in steps.completed if not step.passed]
    assert len(steps.completed) == 6
    assert (cli.calls[-2:], cli.stacks) == (["destroy --yes", "stack rm"], ["dev"])
