"""A stand-in for each test, with an account in memory behind it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from bounded_context.tools.local.stand_ins.codedeploy import running_codedeploy

from .world import Alarms, Functions, Release

MINUTE_SECONDS = 0.02

Started = Callable[[float], Release]


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts a stand-in whose minute lasts so many seconds."""
    with ExitStack() as running:

        def start(minute_seconds: float) -> Release:
            functions, alarms = Functions(), Alarms()
            clients = {"lambda": functions, "cloudwatch": alarms}
            endpoint = running.enter_context(
                running_codedeploy(
                    lambda _: clients.__getitem__, "eu-west-1", "123456789012", minute_seconds=minute_seconds
                )
            )
            return Release(endpoint, functions, alarms)

        yield start


@pytest.fixture
def release(started: Started) -> Release:
    """A stand-in whose minutes are short."""
    return started(MINUTE_SECONDS)
