"""A function that reads a secret: it has the value, and nothing that it tells has it."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from bounded_context import aws as adapters
from bounded_context.declaration.entry_points import SMOKE, NoSecret
from bounded_context.handlers import function
from bounded_context.telemetry import about, logger, logs
from bounded_context.testing.functions import LambdaContext, forget_adapters
from bounded_context_infra.configuration.project import current

from .conftest import Daemon, Lines

CONTEXT = current().context
SENTINEL = "s3ntinel-of-the-acquirer"


@pytest.fixture
def named(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The ARN of a secret that the function may read."""
    forget_adapters()
    arn = boto3.client("secretsmanager").create_secret(Name="shop-dev-acquirer-key", SecretString=SENTINEL)["ARN"]
    monkeypatch.setenv("SECRET_ACQUIRER_KEY", arn)
    monkeypatch.setattr(logs, "_values", set())
    yield arn
    forget_adapters()


def test_no_line_contains_the_secret(named: str, lines: Lines) -> None:
    """In a message, in a value at any depth, in the text of an error: also where somebody means to write it."""

    @function(CONTEXT, "charge")
    def charge(event: dict[str, Any], _context: object) -> dict[str, Any]:
        key = adapters.secret("acquirer-key")
        text = key.get_secret_value()
        logger.info(f"asked with {text}", deep={"of": [text, key]}, code=text)
        raise NoSecret(f"refused {text}")

    with pytest.raises(NoSecret) as raised:
        charge({}, LambdaContext())
    said, failed = lines()
    assert SENTINEL not in json.dumps([said, failed, str(raised.value)])
    assert (said["message"], said["code"]) == ("asked with ***", "***")
    assert str(raised.value) == "refused ***"


def test_no_trace_has_it(named: str, sampled: None, daemon: Daemon) -> None:
    """Not in the ids that a call is found by, and not in what was asked of AWS."""

    @function(CONTEXT, "charge")
    def charge(event: dict[str, Any], _context: object) -> dict[str, Any]:
        about(code=adapters.secret("acquirer-key").get_secret_value())
        return {}

    charge({}, LambdaContext())
    sent = daemon.documents()
    assert "GetSecretValue" in json.dumps(sent)
    assert SENTINEL not in json.dumps(sent)


def test_a_secret_outside_of_the_preset_is_refused(aws: None) -> None:
    """In the log too: it is an error of the library, and quotes nothing."""
    with pytest.raises(NoSecret, match="may not read acquirer-pin: write it into secrets of its preset"):
        adapters.secret("acquirer-pin")


def test_an_own_function_answers_the_smoke_check() -> None:
    """Its own work is not done for it."""

    @function(CONTEXT, "charge")
    def charge(event: dict[str, Any], _context: object) -> dict[str, Any]:
        raise AssertionError

    assert SMOKE.judge(charge(dict(SMOKE.event), LambdaContext())) is None
