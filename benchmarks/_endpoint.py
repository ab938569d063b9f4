"""An AWS endpoint that says yes: S3 objects in memory, DynamoDB writes taken and forgotten.

It runs in a process of its own, so that the CPU time measured is the client's alone.
"""

import multiprocessing
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection
from urllib.parse import urlsplit

ANSWERS = {"BatchWriteItem": b'{"UnprocessedItems":{}}'}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # One packet an answer: two, without these, wait for each other's acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    objects: dict[str, bytes] = {}  # noqa: RUF012

    def handle_expect_100(self) -> bool:
        carry_on = super().handle_expect_100()
        self.wfile.flush()
        return carry_on

    def do_GET(self) -> None:
        self._answer(self.objects[urlsplit(self.path).path])

    def do_PUT(self) -> None:
        self.objects[urlsplit(self.path).path] = self._body()
        self._answer(b"")

    def do_POST(self) -> None:
        self._body()
        operation = self.headers["X-Amz-Target"].partition(".")[2]
        self._answer(ANSWERS.get(operation, b"{}"))

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-amz-json-1.0")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


def _serve(parent: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    parent.send(server.server_port)
    server.serve_forever()


@contextmanager
def endpoint() -> Iterator[str]:
    """Serve on a free port of 127.0.0.1 and yield the address."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(there,), daemon=True)
    process.start()
    try:
        if not here.poll(timeout=20):
            raise RuntimeError("the stub endpoint did not start within 20 seconds")
        yield f"http://127.0.0.1:{here.recv()}"
    finally:
        process.terminate()
        process.join()
