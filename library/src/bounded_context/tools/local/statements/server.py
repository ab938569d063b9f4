"""DynamoDB's protocol over HTTP, on this machine only."""

import socketserver
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any, Final

from urllib3 import HTTPHeaderDict
from urllib3.exceptions import HTTPError

from ..aws import Aws
from ..emulator import HOST
from .dynamodb import Answer, DynamoDB

_OF_THE_CONNECTION: Final = {"connection", "content-length", "keep-alive", "transfer-encoding"}
"""Response headers that apply to a single connection and are not forwarded."""


@contextmanager
def running_statements(aws: Aws) -> Iterator[str]:
    """Serve DynamoDB at the emulator's `dynamodb_port` until the block ends; yield the endpoint.

    Args:
        aws: a client with the account's root credentials.
    """
    with closing(DynamoDB(aws)) as dynamodb, _Server(dynamodb, aws.emulator.dynamodb_port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), name="statements", daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, dynamodb: DynamoDB, port: int) -> None:
        self.dynamodb = dynamodb
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore closed connections, such as a function's after its timeout."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Server  # type: ignore[assignment]
    protocol_version = "HTTP/1.1"
    # Buffers the response, and sends it without delay.
    wbufsize = -1
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        """Handle a request; DynamoDB's protocol uses POST only."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            answer = self.server.dynamodb.answer(self.path, HTTPHeaderDict(self.headers.items()), body)
        except HTTPError as error:
            answer = Answer(HTTPStatus.BAD_GATEWAY, HTTPHeaderDict(), repr(error).encode())
        self._send(answer)

    def _send(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.headers.items():
            if name.lower() not in _OF_THE_CONNECTION:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Suppress the log of requests."""
