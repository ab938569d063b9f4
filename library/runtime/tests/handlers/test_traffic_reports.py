"""The traffic hooks' reports: there is always time for one, and one that is not taken is seen."""

import socket
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from botocore.exceptions import ClientError
from pydantic import ValidationError

from bounded_context import aws
from tests.handlers.conftest import LambdaContext
from tests.handlers.traffic import EVENT, FakeDeployments, FakeVersions, run


def test_a_version_with_too_little_time_is_refused_without_a_call(
    deployments: FakeDeployments, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """The time to report is never spent on a check."""
    versions = FakeVersions()
    monkeypatch.setattr(aws, "versions", versions.within)
    context.remaining_ms = 30_999
    assert run(context)["problem"] == "TimeoutError: no time was left for the smoke check"
    assert versions.events == []
    assert deployments.reports == [("d-1", "e-1", "Failed")]


def test_a_silent_version_is_called_once(
    deployments: FakeDeployments, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
):
    """A second try would take the time to report."""
    context.remaining_ms = 31_000
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", f"http://127.0.0.1:{silent.getsockname()[1]}")
        assert run(context)["problem"].startswith("ReadTimeoutError: ")
        silent.setblocking(False)
        silent.accept()[0].close()
        with pytest.raises(BlockingIOError):
            silent.accept()
    assert deployments.reports == [("d-1", "e-1", "Failed")]


class _Unsteady(BaseHTTPRequestHandler):
    """CodeDeploy on a bad day: the statuses that are left to answer with, then 200."""

    statuses: list[int]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(self.statuses.pop(0) if self.statuses else 200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *args: Any, **named: Any) -> None:
        """Say nothing."""


@pytest.fixture
def unsteady(function: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Unsteady]]:
    """The server that real clients reach; they do not wait between their tries."""
    with HTTPServer(("127.0.0.1", 0), _Unsteady) as server:
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL_CODEDEPLOY", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
        yield _Unsteady
        server.shutdown()


def test_a_refused_report_is_repeated(unsteady: type[_Unsteady]):
    """There are three tries in all."""
    unsteady.statuses = [500, 503]
    aws.deployments().report("d-1", "e-1", "Succeeded")
    assert unsteady.statuses == []


def test_a_report_that_is_always_refused_is_an_error_of_the_hook(unsteady: type[_Unsteady], context: LambdaContext):
    """It shows in the logs and in the function's errors; CodeDeploy gives the hook up after an hour."""
    unsteady.statuses = [500] * 10
    with pytest.raises(ClientError, match="PutLifecycleEventHookExecutionStatus"):
        run(context)


@pytest.mark.parametrize("event", [{}, None, {"DeploymentId": "d-1"}, {**EVENT, "LifecycleEventHookExecutionId": ""}])
def test_an_event_without_a_deployment_is_an_error(event: Any, deployments: FakeDeployments, context: LambdaContext):
    """Something else than CodeDeploy called the hook."""
    with pytest.raises(ValidationError):
        run(context, event=event)
    assert deployments.reports == []
