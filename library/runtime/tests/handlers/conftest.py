"""The environment that a deployed function has, and what it tells of itself."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from io import StringIO
from logging import StreamHandler
from typing import Any

import pytest

from bounded_context import aws
from bounded_context.telemetry import logger
from bounded_context.testing.functions import VARIABLES, LambdaContext, forget_adapters
from bounded_context_local.testing.plugin import set_account
from tests.foreign import CONSUMES_JSON
from tests.handlers.traffic import PREFIX, FakeDeployments

Lines = Callable[[], list[dict[str, Any]]]

TRACE, PARENT = "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
HEADER = f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={PARENT};Sampled=1"
"""What Lambda says of a call that X-Ray records."""


@pytest.fixture
def context() -> LambdaContext:
    return LambdaContext()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every setting of every function, and a composition root that has built nothing yet."""
    values = {
        **VARIABLES,
        "TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:events",
        "FUNCTION_PREFIX": PREFIX,
        "CONSUMES": CONSUMES_JSON,
        "DEAD_LETTER_URL": "https://sqs.eu-central-1.amazonaws.com/123456789012/inbound-dead-letters",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    forget_adapters()
    yield
    forget_adapters()


@pytest.fixture
def function(
    settings: None,
    table: Any,
    bucket: Any,
    topic: tuple[str, str],
    dead_letters: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The settings, and what they name."""
    monkeypatch.setenv("TOPIC_ARN", topic[0])
    monkeypatch.setenv("DEAD_LETTER_URL", dead_letters)


@pytest.fixture
def no_network(settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every setting is there, and whatever calls AWS is refused (nobody listens on the port for "discard")."""
    set_account(monkeypatch, "http://127.0.0.1:9")


@pytest.fixture
def deployments(no_network: None, monkeypatch: pytest.MonkeyPatch) -> FakeDeployments:
    """What a traffic hook finds in CodeDeploy."""
    fake = FakeDeployments()
    monkeypatch.setattr(aws, "deployments", lambda: fake)
    return fake


@pytest.fixture
def lines() -> Iterator[Lines]:
    """The log lines written so far, read as JSON."""
    written, handler = StringIO(), logger.registered_handler
    assert isinstance(handler, StreamHandler)
    before = handler.setStream(written)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    handler.setStream(before)


@pytest.fixture
def every_call_in_detail() -> Iterator[None]:
    """DEBUG lines are written."""
    logger.sampling_rate = "1"
    logger.refresh_sample_rate_calculation()
    yield
    logger.sampling_rate = ""
    logger.refresh_sample_rate_calculation()


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """X-Ray records this call."""
    monkeypatch.setenv("_X_AMZN_TRACE_ID", HEADER)


class Daemon:
    """X-Ray's daemon: what was sent to it."""

    def __init__(self, listening: socket.socket) -> None:
        self._listening = listening

    def documents(self) -> list[dict[str, Any]]:
        """Return the documents that arrived, and forget them."""
        documents: list[dict[str, Any]] = []
        while True:
            try:
                header, _, document = self._listening.recv(65_536).partition(b"\n")
            except BlockingIOError:
                return documents
            assert json.loads(header) == {"format": "json", "version": 1}
            documents.append(json.loads(document))


@pytest.fixture
def daemon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A socket where Lambda says that the daemon listens."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.setblocking(False)
        monkeypatch.setenv("AWS_XRAY_DAEMON_ADDRESS", "{}:{}".format(*listening.getsockname()))
        yield Daemon(listening)
