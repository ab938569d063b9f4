"""A stand-in for each test, with an emulator in memory behind it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bounded_context.tools.local.emulator.aws import Aws
from bounded_context.tools.local.emulator.process import Emulator
from bounded_context.tools.local.stand_ins.inserts import running_statements

from .world import Sender, World

Sending = Callable[..., Sender]


@pytest.fixture
def world() -> Iterator[World]:
    """An emulator that is empty."""
    with World() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def sending(world: World) -> Iterator[Sending]:
    """Makes those who send to the stand-in."""
    aws = Aws(Emulator(world.server_port, 2, 3, 0, "eu-west-1", Path()))
    with running_statements(aws) as endpoint:
        yield lambda *key: Sender(endpoint.removeprefix("http://"), *key)


@pytest.fixture
def function(sending: Sending) -> Sender:
    """The function."""
    return sending()
