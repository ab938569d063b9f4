"""The environment that a deployed function has."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from <<cookiecutter.__package>> import bootstrap

from tests.conftest import BUCKET, TABLE
from tests.handlers.traffic import PREFIX, FakeDeployments


@dataclass
class LambdaContext:
    """What the runtime passes as the second argument."""

    function_name: str = "function"
    function_version: str = "7"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:<<cookiecutter.region>>:123456789012:function:function:live"
    aws_request_id: str = "request-1"
    remaining_ms: int = 120_000

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining_ms


@pytest.fixture
def context() -> LambdaContext:
    return LambdaContext()


@pytest.fixture
def function(table: Any, bucket: Any, topic: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every setting of every function, and a composition root that has built nothing yet."""
    settings = {
        "TABLE_NAME": TABLE,
        "INBOX_BUCKET": BUCKET,
        "TOPIC_ARN": topic[0],
        "MAX_LIST_BYTES": "1000000",
        "PART_ROWS": "10",
        "TOLERATED_SHARE": "0.05",
        "FUNCTION_PREFIX": PREFIX,
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    _forget()
    yield
    _forget()


@pytest.fixture
def no_network(function: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting is there, and whatever calls AWS is refused (nobody listens on the port for "discard")."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")


@pytest.fixture
def deployments(function: None, monkeypatch: pytest.MonkeyPatch) -> FakeDeployments:
    """What a traffic hook finds in CodeDeploy."""
    fake = FakeDeployments()
    monkeypatch.setattr(bootstrap, "deployments", lambda: fake)
    return fake


def _forget() -> None:
    for built in vars(bootstrap).values():
        if hasattr(built, "cache_clear"):
            built.cache_clear()
