"""The file by which a second run joins the first one's emulator."""

import json
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from pulumi import FileArchive

from bounded_context.declaration.context import Context
from bounded_context_cli.command.output import LocalRunError
from bounded_context_local.emulator import process
from bounded_context_local.emulator.process import Emulator
from bounded_context_local.provider.creation import Request
from bounded_context_local.provider.program import create
from bounded_context_local.sample_lists import Samples
from tests.local.conftest import RecordingAws

OUTPUTS = {"topic_arn": "arn:aws:sns:eu-west-1:000000000000:another-local-events"}


class _Ready(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/_ministack/ready" else 404)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def emulator(tmp_path: Path) -> Iterator[Emulator]:
    """An emulator of which nothing is there but that it is ready."""
    with HTTPServer(("127.0.0.1", 0), _Ready) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Emulator(server.server_port, 2, "eu-west-1", tmp_path, "127.0.0.1:5")
        server.shutdown()


def test_a_second_run_reads_the_published_endpoints(
    context: Context[Any], samples: Samples, emulator: Emulator, tmp_path: Path
):
    """Where the emulator is and who its root is, what was deployed, and what the commands take."""
    file = tmp_path / "endpoints.json"
    ours = process.endpoints_of(context, emulator, OUTPUTS)
    with process.published_endpoints(file, ours):
        assert process.read_endpoints(file) == ours
    assert ours.columns[ours.identity]
    assert ours.columns == samples.columns


def test_only_the_owner_may_read_the_keys_and_no_file_remains(
    context: Context[Any], emulator: Emulator, tmp_path: Path
):
    """The file is there for as long as the run is, however that ends, and also if an earlier one left it readable."""
    file = tmp_path / "endpoints.json"
    file.write_text("left")
    file.chmod(0o644)
    with (
        pytest.raises(KeyboardInterrupt),
        process.published_endpoints(file, process.endpoints_of(context, emulator, OUTPUTS)),
    ):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_the_file_has_the_variables_that_point_any_tool_at_the_emulator(
    context: Context[Any], emulator: Emulator, tmp_path: Path
):
    """As `--keep` prints them."""
    with process.published_endpoints(tmp_path / "endpoints.json", process.endpoints_of(context, emulator, OUTPUTS)):
        written = json.loads((tmp_path / "endpoints.json").read_text())
    assert written["environment"] == emulator.client_environment()


def test_an_ended_run_is_not_running(context: Context[Any], emulator: Emulator, tmp_path: Path):
    """A run that was killed leaves its file."""
    file, ended = tmp_path / "endpoints.json", replace(emulator, port=1)
    with (
        process.published_endpoints(file, process.endpoints_of(context, ended, OUTPUTS)),
        pytest.raises(LocalRunError, match="has ended"),
    ):
        process.read_endpoints(file)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "--endpoints: JSONDecodeError"),
        ("[]", "--endpoints: ValidationError"),
        ("{}", "--endpoints: ValidationError"),
        ('{"version": 3, "emulator": {"folder": "/", "ports": 1}}', "--endpoints: ValidationError"),
        ('{"version": 7}', r"\b7,.* 3:"),
    ],
)
def test_a_file_of_another_program_or_format_is_refused(text: str, problem: str, tmp_path: Path):
    """The error names the file, and the option that writes it or the formats."""
    file = tmp_path / "endpoints.json"
    file.write_text(text)
    with pytest.raises(LocalRunError, match=rf"endpoints\.json .*{problem}"):
        process.read_endpoints(file)


class Functions(RecordingAws):
    """Answers as Lambda does when it has made a function."""

    def call(self, service: str, operation: str, **parameters: object) -> dict[str, object]:
        return super().call(service, operation, **parameters) | {"Version": "1"}


@pytest.mark.parametrize("joined", [False, True])
def test_traces_go_to_the_run_that_deployed_the_function(joined: bool, tmp_path: Path):
    """Functions inherit the X-Ray daemon of the run that started the emulator; a second run tells them its own."""
    (tmp_path / "code.zip").write_bytes(b"")
    aws = Functions()
    aws.emulator = replace(aws.emulator, joined=joined, trace_address="127.0.0.1:2000")
    inputs = {"environment": {"variables": {"A": "b"}}, "code": FileArchive("code.zip")}
    request = Request("aws:lambda/function:Function", "f", inputs, tmp_path)
    create(aws, request)
    [parameters] = [arguments for operation, arguments in aws.calls if operation == "lambda:create_function"]
    added = {"AWS_XRAY_DAEMON_ADDRESS": "127.0.0.1:2000"} if joined else {}
    assert parameters["Environment"] == {"Variables": {"A": "b"} | added}
    assert bool(request.adapted) == joined
