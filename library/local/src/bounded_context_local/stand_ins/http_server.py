"""HTTP servers of stand-ins, on this machine only, and the systems that rules call.

A repository names the functions in its ``pyproject.toml``::

    [tool.bounded-context.systems]
    bureau = "tests.bureau:answer"
"""

import json
import socketserver
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler
from importlib import import_module
from pathlib import Path
from typing import Any, Final, NamedTuple

from urllib3 import HTTPConnectionPool, HTTPHeaderDict
from urllib3.exceptions import HTTPError

from bounded_context.application.ports import Answer, SystemRequest
from bounded_context_cli.command.errors import LocalRunError
from bounded_context_infra.configuration.project import Project

from ..emulator.process import HOST


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
    with _Server(respond, port) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), name=name, daemon=True).start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
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
            name: servers.enter_context(serving(StandIn(_answer(name, place), mode_file(project, name)), 0, name))
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


class StandIn:
    """Returns the responses of a system. The mode `down` answers 503, and `slow` answers after 5 seconds."""

    def __init__(self, answer: Answer, mode: Path) -> None:
        self._answer = answer
        self._mode = mode

    def __call__(self, request: Request) -> Response:
        """Return the response to a request."""
        mode = self._mode.read_text(encoding="utf-8").strip() if self._mode.exists() else MODES[0]
        if mode == "slow":
            time.sleep(SLOW)
        if mode == "down":
            return Response(503, {}, b"")
        body = json.loads(request.body) if request.body else None
        key = request.headers.get("Idempotency-Key", "")
        status, value = self._answer(SystemRequest(request.method, request.path, body, key))
        return Response(status, {"Content-Type": "application/json"}, json.dumps(value).encode())
