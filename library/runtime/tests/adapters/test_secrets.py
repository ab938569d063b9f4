"""Secrets, on moto's Secrets Manager: what is read, for how long it is kept, and what is said without one."""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Any, Self

import boto3
import pytest
from aws_lambda_powertools.utilities.parameters import base
from aws_lambda_powertools.utilities.parameters.exceptions import GetParameterError

from bounded_context.adapters.systems import MAX_AGE, Secrets
from bounded_context.declaration.entry_points import NoSecret

Later = Callable[[float], None]


@pytest.fixture
def manager(aws: None) -> Any:
    return boto3.client("secretsmanager")


@pytest.fixture
def arn(manager: Any) -> str:
    """A secret without a value, as the program makes it."""
    return manager.create_secret(Name="shop-dev-acquirer-key")["ARN"]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Later:
    """Lets seconds go by for what keeps values."""

    def go(seconds: float) -> None:
        class Then(datetime):
            @classmethod
            def now(cls, tz: tzinfo | None = None) -> Self:
                return super().now(tz) + timedelta(seconds=seconds)

        monkeypatch.setattr(base, "datetime", Then)

    return go


def test_a_value_is_read_and_shows_as_stars(manager: Any, arn: str) -> None:
    """Who wants it asks for it by name."""
    manager.put_secret_value(SecretId=arn, SecretString="hush-1")
    value = Secrets(manager).get(arn)
    assert value.get_secret_value() == "hush-1"
    assert "hush" not in f"{value} {value!r}"


def test_a_rotation_is_seen_within_five_minutes(manager: Any, arn: str, later: Later) -> None:
    """Until then the value is not asked for again."""
    secrets = Secrets(manager)
    for value in ("hush-1", "hush-2"):
        manager.put_secret_value(SecretId=arn, SecretString=value)
        assert secrets.get(arn).get_secret_value() == "hush-1"
    later(MAX_AGE - 10)
    assert secrets.get(arn).get_secret_value() == "hush-1"
    later(MAX_AGE + 1)
    assert secrets.get(arn).get_secret_value() == "hush-2"
    assert MAX_AGE == 5 * 60


def test_a_missing_value_names_the_command_that_puts_it(manager: Any, arn: str) -> None:
    """And once somebody has run it, the next call has it: that there is none is not kept."""
    secrets = Secrets(manager)
    with pytest.raises(NoSecret, match=r"put-secret-value --secret-id shop-dev-acquirer-key --secret-string"):
        secrets.get(arn)
    manager.put_secret_value(SecretId=arn, SecretString="hush-1")
    assert secrets.get(arn).get_secret_value() == "hush-1"


def test_bytes_are_no_value(manager: Any, arn: str) -> None:
    """They would show in an error of whoever takes them for a text."""
    manager.put_secret_value(SecretId=arn, SecretBinary=b"\x00hush")
    with pytest.raises(NoSecret, match="has no text as its value"):
        Secrets(manager).get(arn)


def test_an_error_of_the_service_is_not_a_missing_value(manager: Any, arn: str) -> None:
    """Nobody should put a value because of a permission that is missing."""
    manager.delete_secret(SecretId=arn)
    with pytest.raises(GetParameterError):
        Secrets(manager).get(arn)
