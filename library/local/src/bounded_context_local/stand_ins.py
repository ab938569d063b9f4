"""Parts of AWS and other systems, which the emulator lacks: HTTP servers, malware scans, metrics, the X-Ray daemon.

A repository names the functions that answer for the systems of its rules, in its ``pyproject.toml``::

    [tool.bounded-context.systems]
    bureau = "tests.bureau:answer"

Only AWS may send events of `aws.guardduty`, so the local rule matches another source. A datagram for X-Ray has a header
line and a document (AWS, "Sending segment documents to the X-Ray daemon"). The real daemon forwards documents to X-Ray.
"""

import json
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel, Field, ValidationError, ValidationInfo, field_validator
from urllib3 import HTTPConnectionPool, HTTPHeaderDict
from urllib3.exceptions import HTTPError

from bounded_context.application.ports import Answer, SystemRequest
from bounded_context.domain import lists
from bounded_context_cli.command.output import LocalRunError
from bounded_context_infra._parts.queues import SCANNED
from bounded_context_infra.configuration.project import Project

from .emulator.aws import Aws
from .emulator.process import HOST
from .stack_state import Sent

S = TypeVar("S", bound=socketserver.BaseServer)


class Request(NamedTuple):
    """A request. `port` is the port of its sender, on this machine."""

    method: str
    path: str
    headers: HTTPHeaderDict
    body: bytes
    port: int = 0


class Response(NamedTuple):
    """The response to a request. The server adds `Content-Length`, except to a HEAD request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Respond = Callable[[Request], Response]
"""Returns the response to a request. Several threads call it."""


@contextmanager
def serving(respond: Respond, port: int, name: str) -> Iterator[str]:
    """Serve until the block ends; yield the endpoint. Port 0 selects a free port; `name` is the thread's name."""
    with _served(_Server(respond, port), name) as server:
        yield f"http://{HOST}:{server.server_address[1]}"


@contextmanager
def _served(server: S, name: str) -> Iterator[S]:
    """Serve in a thread with this name until the block ends."""
    with server:
        threading.Thread(target=server.serve_forever, args=(0.01,), name=name, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, respond: Respond, port: int) -> None:
        self.respond = respond
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore closed connections: a function's after its timeout, and the emulator's after its end."""
        if not isinstance(sys.exc_info()[1], OSError | HTTPError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # pyrefly: ignore[bad-override-mutable-attribute] (only this server makes the handler)
    protocol_version = "HTTP/1.1"
    # Buffers the response, and sends it without delay.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Handle a request. AWS's JSON protocols use POST only, S3 and Lambda also the other methods."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = HTTPHeaderDict(self.headers.items())
        response = self.server.respond(Request(self.command, self.path, headers, body, self.client_address[1]))
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if self.command != "HEAD":
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        self.wfile.write(response.body)

    do_DELETE = do_GET = do_HEAD = do_PUT = do_POST  # noqa: N815  http.server's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Suppress the log of requests."""


_SECONDS: Final = 60.0
"""Timeout of a response; botocore's default."""

_KEPT: Final = 256
"""Pooled connections to the server: more than all functions use together."""

_OF_THE_CONNECTION: Final = {"connection", "content-length", "keep-alive", "transfer-encoding"}
"""Response headers that apply to a single connection and are not forwarded."""


class Upstream:
    """A server at a port of this machine. Several threads may use it."""

    def __init__(self, port: int) -> None:
        self._pool = HTTPConnectionPool(HOST, port, maxsize=_KEPT, timeout=_SECONDS, retries=False)

    def send(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Response:
        """Return the server's response to a request. Raises HTTPError if it does not respond."""
        answer = self._pool.urlopen(method, path, body, headers, redirect=False, decode_content=False)
        dropped = _OF_THE_CONNECTION - ({"content-length"} if method == "HEAD" else set())
        forwarded = {name: value for name, value in answer.headers.items() if name.lower() not in dropped}
        return Response(answer.status, forwarded, answer.data)

    def close(self) -> None:
        """Close the connections to the server."""
        self._pool.close()


SLOW: Final = 5.0
"""Seconds: longer than a try of a call waits (`adapters.systems`)."""

MODES: Final = ("success", "slow", "down")


@contextmanager
def serving_systems(project: Project) -> Iterator[dict[str, str]]:
    """Serve the systems of a repository until the block ends; yield their addresses by name.

    Raises:
        LocalRunError: a function does not exist.
    """
    with ExitStack() as servers:
        yield {
            name: servers.enter_context(serving(_stand_in(_answer(name, place), mode_file(project, name)), 0, name))
            for name, place in project.settings.get("systems", {}).items()
        }


def mode_file(project: Project, name: str) -> Path:
    """Return the file with the mode of a system's stand-in. Without the file, the mode is `success`."""
    return project.build / f"{name}.txt"


def _answer(name: str, place: object) -> Answer:
    module, _, function = str(place).partition(":")
    try:
        return getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        where = f"pyproject.toml: [tool.bounded-context.systems] {name} is {place!r}"
        raise LocalRunError(f"{where}: write <module>:<function> ({error}).") from error


def _stand_in(answer: Answer, mode_of: Path) -> Respond:
    """Return the responses of a system. The mode `down` answers 503, and `slow` answers after 5 seconds."""

    def respond(request: Request) -> Response:
        mode = mode_of.read_text(encoding="utf-8").strip() if mode_of.exists() else MODES[0]
        if mode == "slow":
            time.sleep(SLOW)
        if mode == "down":
            return Response(503, {}, b"")
        body = json.loads(request.body) if request.body else None
        key = request.headers.get("Idempotency-Key", "")
        status, value = answer(SystemRequest(request.method, request.path, body, key))
        return Response(status, {"Content-Type": "application/json"}, json.dumps(value).encode())

    return respond


SCAN_SOURCE: Final = "local.guardduty"

EICAR: Final = b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE"
"""The middle of the harmless test file that every scanner reports (EICAR, "Anti-Malware Testfile")."""


class Scanner:
    """Scans uploads at once. A file that contains the text of the EICAR test file has a threat."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws

    def scan(self, path: str, result: str = "") -> Sent:
        """Tag the newest version of the file at `/<bucket>/<key>`, by default with its result, and publish it."""
        bucket, _, key = path.removeprefix("/").partition("/")
        response = self._aws.call("s3", "get_object", Bucket=bucket, Key=key)
        result = result or (lists.THREAT if EICAR in response["Body"].read() else lists.CLEAN)
        tags = {"TagSet": [{"Key": lists.TAG, "Value": result}]}
        version = response["VersionId"]
        self._aws.call("s3", "put_object_tagging", Bucket=bucket, Key=key, VersionId=version, Tagging=tags)
        return self.publish(bucket, key, version, result)

    def publish(self, bucket: str, key: str, version: str, result: str) -> Sent:
        """Publish the result of a scan, also once more."""
        detail = {
            "schemaVersion": "1.0",
            "scanStatus": "COMPLETED" if result in (lists.CLEAN, lists.THREAT) else "FAILED",
            "resourceType": "S3_OBJECT",
            "s3ObjectDetails": {"bucketName": bucket, "objectKey": key, "versionId": version, "s3Throttled": False},
            "scanResultDetails": {"scanResultStatus": result, "threats": None},
        }
        entry = {"Source": SCAN_SOURCE, "DetailType": SCANNED, "Detail": json.dumps(detail), "Resources": []}
        self._aws.call("events", "put_events", Entries=[entry])
        return Sent(time.time(), SCAN_SOURCE, SCANNED, detail)


def put_metrics(
    aws: Aws,
    namespace: str,
    dimensions: Mapping[str, str],
    values: Mapping[str, tuple[float | Sequence[float], str]],
) -> None:
    """Put values with their units, by metric name. The emulator then evaluates its alarms.

    A metric has up to 150 values (AWS limit).
    """
    common = {"Dimensions": [{"Name": name, "Value": value} for name, value in dimensions.items()]}
    data = [
        common
        | {"MetricName": metric, "Unit": unit}
        | ({"Value": value} if isinstance(value, int | float) else {"Values": list(value)})
        for metric, (value, unit) in values.items()
    ]
    aws.call("cloudwatch", "put_metric_data", Namespace=namespace, MetricData=data)


Document = dict[str, Any]

HEADER = {"format": "json", "version": 1}
_BUFFER_BYTES = 4 * 1024 * 1024

_Id = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
_Seconds = Annotated[float, Field(strict=True)]


class InvalidDatagram(Exception):
    """A datagram that X-Ray would reject; the message has the reason."""


class _Segment(BaseModel):
    """The fields that X-Ray requires (AWS, "X-Ray segment documents")."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    id: _Id
    trace_id: Annotated[str, Field(pattern=r"^1-[0-9a-f]{8}-[0-9a-f]{24}$")]
    start_time: _Seconds
    in_progress: bool = False
    end_time: Annotated[_Seconds | None, Field(validate_default=True)] = None
    type: str = "segment"
    parent_id: Annotated[_Id | None, Field(validate_default=True)] = None

    @field_validator("end_time")
    @classmethod
    def _ends_after_its_start(cls, end: float | None, info: ValidationInfo) -> float | None:
        if not info.data.get("in_progress") and (end is None or end < info.data.get("start_time", end)):
            raise ValueError("a completed segment ends after its start_time")
        return end

    @field_validator("parent_id")
    @classmethod
    def _belongs_to_a_segment(cls, parent: str | None, info: ValidationInfo) -> str | None:
        if parent is None and info.data.get("type") == "subsegment":
            raise ValueError("a subsegment has the id of its segment")
        return parent


class TraceDaemon(socketserver.UDPServer):
    """A receiver at `address`: stores valid `documents`, and in `rejected` the reasons for rejected datagrams."""

    max_packet_size = 65_535
    """The maximum of UDP; X-Ray accepts documents of up to 64 kB."""

    def __init__(self) -> None:
        """Listen on a free port."""
        super().__init__((HOST, 0), socketserver.BaseRequestHandler)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        self.documents: list[Document] = []
        self.rejected: list[str] = []

    @property
    def address(self) -> str:
        """Host and port in the format of `AWS_XRAY_DAEMON_ADDRESS`."""
        return f"{HOST}:{self.server_address[1]}"

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ARG002
        """Store the document of a datagram."""
        try:
            self.documents.append(read_datagram(request[0]))
        except InvalidDatagram as error:
            self.rejected.append(str(error))


def listening() -> AbstractContextManager[TraceDaemon]:
    """Listen until the block ends."""
    return _served(TraceDaemon(), "x-ray")


def read_datagram(datagram: bytes) -> Document:
    """Return the document in a datagram.

    Raises:
        InvalidDatagram: there is no document, or a field that X-Ray requires is missing.
    """
    header, _, body = datagram.partition(b"\n")
    if _json(header, "header") != HEADER:
        raise InvalidDatagram(f"the header is {header[:80]!r}, not {json.dumps(HEADER)}")
    document = _json(body, "document")
    try:
        _Segment.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(map(str, first["loc"])) or "the document"
        raise InvalidDatagram(f"{field} is {first['input']!r}: {first['msg']}") from error
    return document


def _json(text: bytes, part: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise InvalidDatagram(f"the {part} is not JSON: {text[:80]!r}") from error
