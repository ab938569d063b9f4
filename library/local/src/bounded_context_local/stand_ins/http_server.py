"""The HTTP server of a stand-in, on this machine only."""

import socketserver
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any, NamedTuple

from urllib3 import HTTPHeaderDict
from urllib3.exceptions import HTTPError

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
