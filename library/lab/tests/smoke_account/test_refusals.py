"""What is refused before anything changes, in one sentence each."""

import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import NoCredentialsError

from bounded_context_cli.command.aws_errors import Refusal
from bounded_context_lab import smoke_account as command
from tests.console import context
from tests.smoke_account.conftest import NAME, STACK, Cli, Place

pytestmark = pytest.mark.usefixtures("aws")


def refused(place: Place, stack: str = NAME) -> str:
    """The sentence."""
    with pytest.raises(Refusal) as caught:
        place.account(stack).check()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def untouched(place: Place, cli: Cli) -> bool:
    return not place.file.exists() and set(cli.calls) <= {"stack ls"}


def test_an_unused_stack_name_may_be_tried(place: Place, cli: Cli) -> None:
    """It is said on which account; nothing is changed by looking."""
    assert place.account().check() == f"account 123456789012, {place.account().aws.region}"
    assert untouched(place, cli)


def test_a_sandbox_of_the_repository_is_refused(place: Place, cli: Cli) -> None:
    """Its file is there."""
    place.file.touch()
    assert f"Pulumi.{STACK}.yaml exists" in refused(place)
    assert cli.calls == []


def test_a_stack_that_exists_in_pulumi_is_refused(place: Place, cli: Cli) -> None:
    """Its owner does not matter. The error has its name."""
    cli.has("dev", STACK)
    assert refused(place).startswith(f"The stack {STACK} exists")
    assert untouched(place, cli)


def test_a_stack_that_is_deployed_from_another_state_is_refused(place: Place, cli: Cli) -> None:
    """Its names would be taken, and its data destroyed."""
    table = f"{place.project.context.name}-{STACK}-table"
    boto3.client("dynamodb", region_name=place.account().aws.region).create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert f"has a table {table} already" in refused(place)
    assert untouched(place, cli)


@pytest.mark.parametrize("stack", ["Smoke", "a_b", "x" * 60, "../x"])
def test_a_name_that_cannot_be_a_part_of_names_is_refused(stack: str, place: Place, cli: Cli) -> None:
    """As a deployment would, but before it begins."""
    assert "write" in refused(place, stack) or "shorten" in refused(place, stack)
    assert cli.calls == []


def test_without_pulumi_no_step_runs(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the page that installs it."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert refused(place).endswith(" https://www.pulumi.com/docs/install/.")


def test_without_a_login_to_the_state_no_step_runs(place: Place, cli: Cli) -> None:
    """The error ends with Pulumi's own error."""
    (cli.folder / "stacks").unlink()
    assert re.search("Pulumi .*: .*FileNotFoundError", refused(place))


def test_without_credentials_no_step_runs(place: Place, cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variable to set."""
    account = place.account()

    def call(*_: Any, **__: Any) -> None:
        raise NoCredentialsError

    monkeypatch.setattr(account.aws, "call", call)
    with pytest.raises(Refusal, match="AWS_PROFILE"):
        account.check()
    assert untouched(place, cli)


def test_a_refusal_has_the_status_two(
    place: Place, cli: Cli, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """2, as everywhere."""
    monkeypatch.setattr(command, "repository", lambda: place.project)
    cli.has(STACK)
    assert context("smoke-account", NAME) == 2
    assert f"The stack {STACK} exists" in capsys.readouterr().err
    assert untouched(place, cli)


@pytest.mark.parametrize("arguments", [[], [NAME, "--emulator"]])
def test_one_place_must_be_named(arguments: list[str]) -> None:
    """An account by the name of a stack, or this machine."""
    assert context("smoke-account", *arguments) == 2
