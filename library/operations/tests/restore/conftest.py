"""The stack of the tests of `context restore`."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from .world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[World]:
    """The stack; handlers of signals are put back after the test."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    yield World(tmp_path, capsys)
    for number, handler in handlers.items():
        signal.signal(number, handler)
