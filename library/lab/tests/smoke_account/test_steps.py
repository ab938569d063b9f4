"""Whatever happens, the stack is destroyed, or it is said what is left of it."""

import os
import signal
import threading
import time
from typing import Any

import pytest
import yaml

from bounded_context_cli.command.aws_errors import INTERRUPTED
from bounded_context_lab import smoke_account as command
from bounded_context_lab.smoke_account import steps as of_steps
from bounded_context_lab.smoke_account import worlds
from bounded_context_lab.smoke_account.steps import Steps, smoke
from bounded_context_platform.temporary_stacks.kinds import Failed
from tests.console import context
from tests.smoke_account.conftest import NAME, STACK, Cli, Place

pytestmark = pytest.mark.usefixtures("aws")

OUTPUTS = {"release": {"application": "context-smoke"}, "sftp": None}
TRIED = ("check_import", "check_events", "check_bad_version", "check_good_version")


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which steps between deployment and destruction were taken; each goes well."""
    steps: list[str] = []

    def well(name: str) -> Any:
        return lambda *_: steps.append(name) or "well"

    for name in TRIED:
        monkeypatch.setattr(of_steps, name, well(name))
    return steps


def ran(place: Place) -> Steps:
    """Take all steps."""
    steps = Steps(lambda _: None)
    smoke(place.account(), place.project.context, steps)
    return steps


def test_all_steps_run_in_order_and_remove_the_stack(place: Place, cli: Cli, tried: list[str]) -> None:
    """Each is told, with its seconds."""
    cli.outputs(OUTPUTS)
    steps = ran(place)
    names = ["deploy", "10 rows", "queues", "bad version", "good version", "destroy"]
    assert (steps.passed, [step.name for step in steps.completed], tuple(tried)) == (True, names, TRIED)
    changing = [call for call in cli.calls if call not in ("stack ls", "stack tag", "stack export")]
    assert changing == ["stack init", "up --yes", "stack output", "destroy --yes", "stack rm"]
    assert (cli.stacks, place.file.exists()) == (["dev", "prod"], False)


def test_the_stack_is_a_sandbox(place: Place, cli: Cli) -> None:
    """It has the boundary, the omissions, the owner and the end of a sandbox, so a sweep removes it after a crash."""
    limit = "arn:aws:iam::123456789012:policy/payment-{}-boundary"
    settings = {"backup": "vault", "code_signing": "arn:aws:signer:x", "sftp": "dedicated"}
    place.set(**settings, permissions_boundary=limit.format("dev"), protect=True, filters={"bi": ["x"]}, part_rows=777)
    cli.outputs(OUTPUTS)
    account = place.account()
    account.deploy()
    start = f"{place.project.context.name}:"
    config: dict[str, Any] = yaml.safe_load(place.file.read_text())["config"]
    own = {name.removeprefix(start): value for name, value in config.items()}
    assert {"backup", "code_signing", "filters"} & own.keys() == set()
    assert (own["permissions_boundary"], own["part_rows"]) == (limit.format("sandbox"), 777)
    assert (own["protect"], own["sftp"], own["alarms"]) == (False, "none", "none")
    assert set(cli.tags(STACK)) == {"owner", "expires"}
    account.destroy()


@pytest.mark.parametrize("step", TRIED)
def test_a_step_that_fails_ends_the_others_and_the_stack_is_destroyed(
    step: str, place: Place, cli: Cli, tried: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was seen is told."""

    def fails(*_: Any) -> str:
        raise Failed("what was seen")

    monkeypatch.setattr(of_steps, step, fails)
    cli.outputs(OUTPUTS)
    steps = ran(place)
    assert tuple(tried) == TRIED[: TRIED.index(step)]
    [failed] = [step for step in steps.completed if not step.passed]
    assert (failed.message, steps.completed[-1].name, steps.completed[-1].passed) == ("what was seen", "destroy", True)
    assert (cli.stacks, place.file.exists()) == (["dev", "prod"], False)


def test_a_deployment_that_fails_halfway_is_destroyed(place: Place, cli: Cli, tried: list[str]) -> None:
    """The step has Pulumi's own error, the missing permission and the policy that contains it."""
    said = "User: arn:aws:sts::1:assumed-role/ops/me is not authorized to perform: sqs:CreateQueue on resource: x"
    cli.fails("up", f"Updating (smoke)\nerror: {said}\n")
    steps = ran(place)
    assert (steps.passed, tried) == (False, [])
    assert steps.completed[0].message.startswith("pulumi up failed: error: User: ")
    assert "role ops may" in steps.completed[0].message
    assert "may not sqs:CreateQueue: see `context permissions deploy sandbox`" in steps.completed[0].message
    assert (cli.calls[-2:], cli.stacks) == (["destroy --yes", "stack rm"], ["dev", "prod"])


def test_a_stack_that_could_not_be_created_is_removed(place: Place, cli: Cli, tried: list[str]) -> None:
    """Nothing is destroyed then, so no second error hides the first error."""
    cli.fails("stack", "error: passphrase must be set with PULUMI_CONFIG_PASSPHRASE\n")
    steps = ran(place)
    assert "PULUMI_CONFIG_PASSPHRASE" in steps.completed[0].message
    assert (steps.completed[-1].name, steps.completed[-1].passed, place.file.exists()) == ("destroy", True, False)
    assert "destroy --yes" not in cli.calls


def test_a_stack_that_cannot_be_destroyed_is_named_with_its_commands(place: Place, cli: Cli, tried: list[str]) -> None:
    """The stack's file stays: the commands need it."""
    cli.outputs(OUTPUTS)
    cli.fails("destroy", "error: BucketNotEmpty\n")
    steps = ran(place)
    said = steps.completed[-1].message
    assert (steps.passed, steps.completed[-1].passed) == (False, False)
    assert f"Of the stack {STACK} 1 resources are left: aws:s3/bucket:Bucket::inbox" in said
    place_of_it = f"--yes --cwd {place.project.service} --stack {STACK}"
    assert f"`pulumi destroy {place_of_it}`, `pulumi stack rm {place_of_it}`." in said
    assert place.file.exists()


def test_a_stack_that_is_locked_is_unlocked_first(place: Place, cli: Cli, tried: list[str]) -> None:
    """A deployment that was killed leaves a lock."""
    cli.outputs(OUTPUTS)
    cli.fails("destroy", "error: the stack is currently locked by 1 lock(s). Either wait or use `pulumi cancel`\n")
    assert "Remove it with `pulumi cancel --yes " in ran(place).completed[-1].message


def test_ctrl_c_destroys_the_stack(
    place: Place, cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the middle of the deployment, pressed twice: Pulumi is asked to end, and the stack is destroyed."""
    monkeypatch.setattr(command, "repository", lambda: place.project)
    account = place.account()
    monkeypatch.setattr(worlds, "Account", lambda *_: account)
    cli.fails("up", "hangs\n")

    def press() -> None:
        while "up --yes" not in cli.calls:
            time.sleep(0.02)
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.1)

    presser = threading.Thread(target=press)
    presser.start()
    assert context("smoke-account", NAME) == INTERRUPTED
    presser.join()
    assert "✓ destroy" in capsys.readouterr().out
    assert (cli.stacks, place.file.exists()) == (["dev", "prod"], False)
