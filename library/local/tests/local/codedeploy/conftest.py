"""CodeDeploy's service for each test, with an account in memory behind it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from bounded_context_local.extensions.codedeploy.service import Service, operations, respond
from bounded_context_local.stand_ins import Response, serving

from .world import Alarms, Functions, Release

MINUTE_SECONDS = 0.02

Started = Callable[[float], Release]


@pytest.fixture
def started() -> Iterator[Started]:
    """Starts a service whose minute lasts so many seconds."""
    with ExitStack() as running:

        def start(minute_seconds: float) -> Release:
            functions, alarms = Functions(), Alarms()
            clients = {"lambda": functions, "cloudwatch": alarms}
            service = Service(lambda _: clients.__getitem__, minute_seconds)
            api = operations(service, "eu-west-1", "123456789012")
            answer = lambda sent: Response(*respond(api, sent.headers, sent.body))  # noqa: E731
            return Release(running.enter_context(serving(answer, 0, "codedeploy")), functions, alarms)

        yield start


@pytest.fixture
def release(started: Started) -> Release:
    """A service whose minutes are short."""
    return started(MINUTE_SECONDS)
